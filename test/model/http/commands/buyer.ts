import type { Role } from '../../../../server/ports.ts';
import type { Expected, ModelTrade } from '../modelFacts.ts';
import type { ModelPayment } from '../modelPayment.ts';
import { accepted, type ReferenceModel, refused, shown } from '../referenceModel.ts';
import type { Answer } from '../stage.ts';
import { ask, type Call, expectAnswer, follow, PaymentStep, Step, type Told } from './step.ts';

/** So many payments are enough for everything that two of one request do to each other, and one of another. */
const mostPayments = 3;
/** Longer than a look serves others as well. */
const pauseMs = 3_000;
const inventedHash = `0x${'ab'.repeat(32)}`;

const answerOf = ({ id: paymentId, status }: ModelPayment): Expected => ({ status: 200, data: { paymentId, status } });

/** The buyer opens an intent for one of the offers, or finds the one he has. */
export class CreateIntent extends Step implements Call {
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

  private trade({ trades }: ReferenceModel): ModelTrade {
    const trade = trades[this.offer];
    if (trade === undefined) throw new Error('no such offer');
    return trade;
  }

  send({ model, stage }: Told): Promise<Answer> {
    const { request, offerId, price } = this.trade(model);
    return stage.call('buyer', 'POST', '/api/payment/shkeeper/intents', {
      ...{ purchaseRequestId: request.id, sellerOfferId: offerId, sellerId: 'seller-1' },
      amount: shown(price + (this.wrongAmount ? 100 : 0)),
    });
  }

  judge({ model }: Told, answer: Answer): void {
    const trade = this.trade(model);
    const found = this.wrongAmount ? refused('offer_mismatch') : model.intent(trade);
    const shownStatus = { status: 200, data: { status: 'pending' } };
    expectAnswer(answer, found === null ? shownStatus : 'view' in found ? answerOf(found) : found, String(this));
    if (found !== null) return;
    const { paymentId, vault, payTo, expiresAt } = answer.data;
    const { address: oneTime } = payTo as { address: string };
    const facts = { id: String(paymentId), vault: String(vault), oneTime, expiresAtMs: Date.parse(String(expiresAt)) };
    model.open(trade, facts);
  }

  protected override act = (told: Told) => ask(this, told);

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

  private transfers(payment: ModelPayment, { payments }: Readonly<ReferenceModel>) {
    const foreign = payments.filter((other) => other !== payment).flatMap(({ transfers }) => transfers);
    return this.which === 'own' ? payment.transfers : foreign;
  }

  protected override fits(payment: ModelPayment, model: Readonly<ReferenceModel>): boolean {
    return this.which === 'invented' || this.transfers(payment, model).length > 0;
  }

  private hash(payment: ModelPayment, model: ReferenceModel): string {
    const named = this.which === 'invented' ? undefined : this.transfers(payment, model).at(-1);
    return named?.hash ?? inventedHash.slice(0, -1) + this.salt;
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
export class Cancel extends PaymentStep implements Call {
  private readonly by: Role;

  constructor(pick: number, by: Role) {
    super(pick);
    this.by = by;
  }

  send({ model, stage }: Told): Promise<Answer> {
    return stage.call(this.by, 'PUT', `/api/payment/${this.of(model).id}`, { status: 'cancelled' });
  }

  judge({ model }: Told, answer: Answer): void {
    const mayCancel = this.by === 'buyer' || this.by === 'admin';
    const expected = mayCancel ? model.cancel(this.of(model)) : refused('forbidden', 403);
    const cancelled = { status: 200, data: { status: 'cancelled' } };
    expectAnswer(answer, expected === accepted ? cancelled : expected, String(this));
  }

  protected override act = (told: Told) => ask(this, told);

  override toString = () => `${this.by} cancels payment ${this.pick}`;
}
