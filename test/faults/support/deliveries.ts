import { signBody } from '../../../server/providers/shkeeper/signature.ts';
import { plant } from '../../support/canaries.ts';
import { eventually } from '../../support/eventually.ts';
import type { Answer, Stage } from './stage.ts';
import { type OpenTrade, stepLimitMs } from './trade.ts';

/** A transaction as the provider lists it. */
export interface Listed {
  readonly txHash: string;
  readonly amount: string;
}

type Addressed = Pick<OpenTrade, 'payTo' | 'paymentId'>;

/** The provider's callback for one paid transaction. */
export const callbackBody = (trade: Addressed, txHash: string, amount = '100'): string =>
  callbackOf(trade, 'PAID', [{ txHash, amount }]);

/** The provider's callback as the real server writes it: a snapshot of all transactions, the last of which made it come. */
export function callbackOf(trade: Addressed, status: 'PAID' | 'PARTIAL', listed: readonly Listed[]): string {
  const total = String(listed.reduce((sum, { amount }) => sum + Number(amount), 0));
  const transactions = listed.map(({ txHash, amount }, index) => ({
    amount_crypto: amount,
    amount_fiat: amount,
    amount_fiat_without_fee: amount,
    crypto: 'BNB-USDT',
    date: '2026-11-21 10:00:00',
    fee_fiat: '0',
    trigger: index === listed.length - 1,
    txid: txHash.slice(2),
  }));
  return JSON.stringify({
    addr: trade.payTo,
    balance_crypto: total,
    // stands in no log: bodies are none of a log's business
    memo: plant('the body of a delivery', 'canary-in-the-body-of-a-delivery'),
    balance_fiat: total,
    crypto: 'BNB-USDT',
    external_id: `AMN_${trade.paymentId}`,
    fee_fixed: '0',
    fee_percent: '0',
    fee_policy: 'NO_FEE',
    fiat: 'USD',
    overpaid_fiat: '0.00',
    paid: status === 'PAID',
    status,
    transactions,
  });
}

/** Delivers a callback once, signed as the provider signs. */
export function deliver(stage: Stage, body: string, server?: number): Promise<Answer> {
  const timestamp = Math.floor(Date.now() / 1000);
  const headers = {
    'content-type': 'application/json',
    'x-shkeeper-timestamp': String(timestamp),
    'x-shkeeper-signature': signBody(stage.sandbox.info.shkeeperApiKey, timestamp, Buffer.from(body)),
  };
  return stage.call('POST', '/api/payment/shkeeper/webhook', { body, headers, server });
}

/** The same until it is taken, as a provider does that is told to come again. */
export function deliverUntilTaken(stage: Stage, body: string, server?: number): Promise<Answer> {
  return eventually(
    async () => {
      const answer = await deliver(stage, body, server);
      if (answer.status === 503 && answer.retryAfter !== null) return null;
      if (answer.status === 202) return answer;
      throw new Error(`a delivery was answered ${answer.status} ${JSON.stringify(answer.body)}`);
    },
    { timeoutMs: stepLimitMs, what: 'a delivery is taken' },
  );
}
