import { signBody } from '../../../server/providers/shkeeper/signature.ts';
import type { Answer, Stage } from './stage.ts';
import type { OpenTrade } from './trade.ts';

/** The provider's callback for one paid transaction, as the real server writes it. */
export function callbackBody(trade: Pick<OpenTrade, 'payTo' | 'paymentId'>, txHash: string, amount = '100'): string {
  const transaction = {
    amount_crypto: amount,
    amount_fiat: amount,
    amount_fiat_without_fee: amount,
    crypto: 'BNB-USDT',
    date: '2026-11-21 10:00:00',
    fee_fiat: '0',
    trigger: true,
    txid: txHash.slice(2),
  };
  return JSON.stringify({
    addr: trade.payTo,
    balance_crypto: amount,
    balance_fiat: amount,
    crypto: 'BNB-USDT',
    external_id: `AMN_${trade.paymentId}`,
    fee_fixed: '0',
    fee_percent: '0',
    fee_policy: 'NO_FEE',
    fiat: 'USD',
    overpaid_fiat: '0.00',
    paid: true,
    status: 'PAID',
    transactions: [transaction],
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
