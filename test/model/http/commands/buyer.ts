import type { Role } from '../../../../server/ports.ts';
import type { ModelPayment } from '../modelPayment.ts';
import { accepted, type ReferenceModel, refused, shown } from '../referenceModel.ts';
import { expectAnswer, follow, PaymentStep, Step, type Told } from './step.ts';

/** So many payments are enough for everything that two of one request do to each other, and one of another. */
const mostPayments = 3;
/** Longer than a look serves others as well. */
const pauseMs = 3_000;
const inventedHash = `0x${'ab'.repeat(32)}`;

/** The buyer opens an intent for one of the offers, or finds the one he has. */
export class CreateIntent extends Step {
  private readonly offer: number;
  private readonly wrongAmount: boolean;

  constructor(offer: number, wrongAmount: boolean) {
    super();
    this.offer = offer;
    this.wrongAmount = wrongAmount;
  }

  override check({ payments }: Readonly<ReferenceModel>): boolean {
    return payments.length < mostPayments;
  }

  protected override async act({ model, stage }: Told): Promise<void> {
    const trade = model.trades[this.offer];
    if (trade === undefined) throw new Error('no such offer');
    const answer = await stage.call('buyer', 'POST', '/api/payment/shkeeper/intents', {
      purchaseRequestId: trade.request.id,
      sellerOfferId: trade.offerId,
      sellerId: 'seller-1',
      amount: shown(trade.price + (this.wrongAmount ? 100 : 0)),
    });
    if (this.wrongAmount) return expectAnswer(answer, refused('offer_mismatch'), String(this));
    const expected = model.intent(trade);
    if (expected !== null && 'view' in expected)
      return expectAnswer(
        answer,
        { status: 200, data: { paymentId: expected.id, status: expected.status } },
        String(this),
      );
    expectAnswer(answer, expected ?? { status: 200, data: { status: 'pending' } }, String(this));
    if (expected !== null) return;
    const { paymentId, vault, payTo, expiresAt } = answer.data;
    const { address: oneTime } = payTo as { address: string };
    const facts = { id: String(paymentId), vault: String(vault), oneTime, expiresAtMs: Date.parse(String(expiresAt)) };
    model.open(trade, facts);
  }

  override toString = () => `create intent for offer ${this.offer}${this.wrongAmount ? ' with a wrong amount' : ''}`;
}

/** Somebody names a transaction: the newest of the payment, that of another payment, or one that never was. */
export class ConfirmTransaction extends PaymentStep {
  private readonly which: 'own' | 'foreign' | 'invented';
  private readonly salt: number;

  constructor(pick: number, which: ConfirmTransaction['which'], salt: number) {
    super(pick);
    this.which = which;
    this.salt = salt;
  }

  private hash(payment: ModelPayment, { payments }: ReferenceModel): string {
    const foreign = payments.filter((other) => other !== payment).flatMap(({ transfers }) => transfers);
    const from = this.which === 'own' ? payment.transfers : this.which === 'foreign' ? foreign : [];
    return from.at(-1)?.hash ?? inventedHash.slice(0, -1) + this.salt;
  }

  protected override async act({ model, stage }: Told): Promise<void> {
    await stage.advance(pauseMs);
    await follow({ model, stage });
    const payment = this.of(model);
    const transactionHash = this.hash(payment, model);
    const body = { paymentId: payment.id, transactionHash };
    const answer = await stage.call('buyer', 'POST', '/api/payment/shkeeper/confirm-transaction', body);
    expectAnswer(answer, model.hint(payment, transactionHash), String(this));
  }

  override toString = () => `confirm ${this.which} transaction ${this.salt} of payment ${this.pick}`;
}

/** The buyer says that he has paid, which makes the server look and never believe. */
export class Verify extends PaymentStep {
  protected override async act({ model, stage }: Told): Promise<void> {
    await stage.advance(pauseMs);
    await follow({ model, stage });
    const payment = this.of(model);
    const answer = await stage.call('buyer', 'PUT', `/api/payment/${payment.id}`, { status: 'completed' });
    model.look(payment);
    expectAnswer(answer, { status: 200, data: { status: payment.status } }, String(this));
  }

  override toString = () => `verify payment ${this.pick}`;
}

/** Somebody gives the payment up, whoever may. */
export class Cancel extends PaymentStep {
  private readonly by: Role;

  constructor(pick: number, by: Role) {
    super(pick);
    this.by = by;
  }

  protected override async act({ model, stage }: Told): Promise<void> {
    const payment = this.of(model);
    const answer = await stage.call(this.by, 'PUT', `/api/payment/${payment.id}`, { status: 'cancelled' });
    const mayCancel = this.by === 'buyer' || this.by === 'admin';
    const expected = mayCancel ? model.cancel(payment) : refused('forbidden', 403);
    const shownStatus = expected === accepted ? { status: 200, data: { status: 'cancelled' } } : expected;
    expectAnswer(answer, shownStatus, String(this));
  }

  override toString = () => `${this.by} cancels payment ${this.pick}`;
}
