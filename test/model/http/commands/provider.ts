import type { ModelPayment } from '../modelPayment.ts';
import { refused, shown } from '../referenceModel.ts';
import { expectAnswer, PaymentStep, type Told } from './step.ts';

const statuses = ['UNPAID', 'PARTIAL', 'PAID', 'OVERPAID'] as const;
export type InvoiceStatus = (typeof statuses)[number] | 'EXPIRED';
/** The words that may only follow each other; others are older than all of them. */
const rankOf = (status: InvoiceStatus) =>
  [-2, 'UNPAID', 'unconfirmed', 'PARTIAL', 'PAID', 'OVERPAID'].indexOf(status) - 1;
const inventedHash = `0x${'cd'.repeat(32)}`;
const received = { status: 202 } as const;
const forged = refused('invalid_signature', 401);

/** The provider tells of an invoice: a status, and the newest transaction, one that never was, or none. */
export class Webhook extends PaymentStep {
  private readonly status: InvoiceStatus;
  private readonly tells: 'newest' | 'invented' | 'nothing';
  private readonly isForged: boolean;

  constructor(pick: number, status: InvoiceStatus, how: { tells: Webhook['tells']; isForged: boolean }) {
    super(pick);
    this.status = status;
    this.tells = how.tells;
    this.isForged = how.isForged;
  }

  private newest = ({ transfers }: ModelPayment) => transfers.findLast(({ at }) => at === 'provider')?.hash ?? null;

  protected override fits(payment: ModelPayment): boolean {
    return this.tells !== 'newest' || this.newest(payment) !== null;
  }

  private hash(payment: ModelPayment): string | null {
    if (this.tells === 'nothing') return null;
    return this.tells === 'newest' ? this.newest(payment) : inventedHash;
  }

  protected override async act({ model, stage }: Told): Promise<void> {
    const payment = this.of(model);
    const hash = this.hash(payment);
    const amount = shown(payment.trade.price);
    const row = { txid: hash, crypto: 'BNB-USDT', amount_crypto: amount, amount_fiat: amount, trigger: true };
    const body = {
      ...{ external_id: `AMN_${payment.id}`, crypto: 'BNB-USDT', addr: payment.oneTime, fiat: 'USD' },
      ...{ status: this.status, paid: this.status === 'PAID', balance_fiat: amount, balance_crypto: amount },
      transactions: hash === null ? [] : [row],
    };
    const key = this.isForged ? 'a key that nobody gave out' : undefined;
    const answer = await stage.deliver('/api/payment/shkeeper/webhook', body, key);
    expectAnswer(answer, this.isForged ? forged : received, String(this));
    if (!this.isForged) payment.report(hash, rankOf(this.status), model.nowMs);
  }

  override toString = () =>
    `${this.isForged ? 'forged ' : ''}webhook ${this.status} of payment ${this.pick} telling ${this.tells}`;
}

/** The provider tells of a payout, true or not; only the chain ends one. */
export class PayoutWebhook extends PaymentStep {
  private readonly status: 'SUCCESS' | 'FAIL';
  private readonly isForged: boolean;

  constructor(pick: number, status: 'SUCCESS' | 'FAIL', isForged: boolean) {
    super(pick);
    this.status = status;
    this.isForged = isForged;
  }

  protected override fits({ externalIds }: ModelPayment): boolean {
    return this.isForged || externalIds.length > 0;
  }

  protected override async act({ model, stage }: Told): Promise<void> {
    const { externalIds } = this.of(model);
    const body = {
      ...{ payout_id: 1, external_id: externalIds.at(-1) ?? 'nobodys', status: this.status },
      ...{ tx_hash: inventedHash, crypto: 'BNB-USDT' },
    };
    const key = this.isForged ? 'a key that nobody gave out' : undefined;
    const answer = await stage.deliver('/api/payment/shkeeper/payout/webhook', body, key);
    expectAnswer(answer, this.isForged ? forged : received, String(this));
  }

  override toString = () => `${this.isForged ? 'forged ' : ''}payout webhook ${this.status} of payment ${this.pick}`;
}
