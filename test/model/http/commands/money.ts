import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { Wallet } from 'ethers';
import type { ModelTrade } from '../modelFacts.ts';
import type { ModelPayment } from '../modelPayment.ts';
import { type ReferenceModel, refused, shown } from '../referenceModel.ts';
import type { Answer, HttpStage } from '../stage.ts';
import { ask, type Call, expectAnswer, follow, PaymentStep, Step, type Told } from './step.ts';

type Kind = 'release' | 'refund';
const inventedHash = `0x${'ef'.repeat(32)}`;
const finalityBlocks = 5;
const pathOf = ({ id }: ModelPayment, kind: Kind) => `/api/payment/shkeeper/${id}/${kind}`;

/** An admin asks for a release or a refund, of everything or of a part. */
export class Prepare extends PaymentStep implements Call {
  private readonly kind: Kind;
  private readonly amount: number | null;

  constructor(pick: number, kind: Kind, amount: number | null) {
    super(pick);
    this.kind = kind;
    this.amount = amount;
  }

  send({ model, stage }: Told): Promise<Answer> {
    const body = this.amount === null ? {} : { amount: shown(this.amount) };
    return stage.call('admin', 'POST', pathOf(this.of(model), this.kind), body);
  }

  judge({ model }: Told, answer: Answer): void {
    const payment = this.of(model);
    expectAnswer(answer, model.prepare(payment, this.kind, this.amount), String(this));
    if (answer.data.kind === 'payout') payment.externalIds.push(String(answer.data.externalId));
  }

  protected override act = (told: Told) => ask(this, told);

  override toString = () =>
    `prepare ${this.kind} of ${this.amount === null ? 'everything' : shown(this.amount)} of payment ${this.pick}`;
}

/** The signers sign, somebody broadcasts, and an admin names the transaction; or he names one that is none. */
export class Confirm extends PaymentStep {
  private readonly kind: Kind;
  private readonly names: 'settlement' | 'transfer' | 'invented';
  private readonly waits: boolean;

  constructor(pick: number, kind: Kind, how: { readonly names: Confirm['names']; readonly waits: boolean }) {
    super(pick);
    this.kind = kind;
    this.names = how.names;
    this.waits = how.waits;
  }

  protected override fits({ settling, settledBy, transfers }: ModelPayment): boolean {
    if (this.names === 'settlement') return settling !== null || settledBy !== null;
    return this.names === 'invented' || transfers.some(({ stage }) => stage !== 'lost');
  }

  protected override async act({ model, stage }: Told): Promise<void> {
    const payment = this.of(model);
    if (this.names === 'settlement' && payment.settling?.block === null) await this.broadcast(stage, payment);
    if (this.waits) await stage.chain.mine(finalityBlocks);
    await follow({ model, stage });
    const { txHash, expected } = this.expected(payment, model);
    const answer = await stage.call('admin', 'POST', `${pathOf(payment, this.kind)}/confirm`, { txHash });
    expectAnswer(answer, expected, String(this));
  }

  /** Anybody may send what enough signers have signed. */
  private async broadcast(stage: HttpStage, payment: ModelPayment): Promise<void> {
    const { settling } = payment;
    if (settling === null) return;
    const { deployment } = stage.chain;
    const path = pathOf(payment, settling.toSeller > 0 ? 'release' : 'refund');
    const { digest } = (await stage.call('admin', 'POST', path, {})).data;
    const signatures = stage.chain.signatures(String(digest)).map(({ signature }) => signature);
    const signed: Answer = await stage.call('admin', 'POST', path, { signatures });
    expect(signed.data, `signing ${path}`).to.include({ missing: 0, reverts: null });
    const transaction = signed.data.transaction as { to: string; data: string };
    const { hash, blockNumber } = await stage.chain.send(deployment.sellerKey, transaction);
    Object.assign(settling, { hash, block: blockNumber });
  }

  private expected(payment: ModelPayment, model: ReferenceModel) {
    const { settling, settledBy, transfers } = payment;
    const transfer = transfers.findLast(({ stage }) => stage !== 'lost');
    if (this.names === 'transfer' && transfer)
      return { txHash: transfer.hash, expected: refused('transaction_foreign_contract') };
    const mined = settling?.block ? settling : null;
    const known = mined ? { hash: mined.hash, toSeller: mined.toSeller } : settledBy;
    if (this.names !== 'settlement' || known?.hash == null)
      return { txHash: inventedHash, expected: refused('transaction_not_mined') };
    const txHash = known.hash;
    if ((this.kind === 'release') !== known.toSeller > 0) return { txHash, expected: refused('transaction_mismatch') };
    if (mined) model.tell(payment);
    const state = payment.settling === null ? 'final' : 'seen';
    const data = { status: payment.status, settlement: { state, txHash } };
    return { txHash, expected: { status: 200, data } };
  }

  override toString = () =>
    `confirm ${this.kind} of payment ${this.pick} by ${this.names}${this.waits ? ' when it is final' : ''}`;
}

/** An admin pays the seller what the treasury received for him; `twice` repeats the call under its key. */
export class Payout extends Step implements Call {
  private readonly offer: number;
  private readonly amount: number | null;
  private readonly twice: boolean;
  private readonly key = randomUUID();
  private asked = 0;

  constructor(offer: number, amount: number | null, twice: boolean) {
    super();
    this.offer = offer;
    this.amount = amount;
    this.twice = twice;
  }

  override check(model: Readonly<ReferenceModel>): boolean {
    return model.payments.some((payment) => payment.trade === this.trade(model) && payment.released > 0);
  }

  private trade({ trades }: Readonly<ReferenceModel>): ModelTrade {
    const trade = trades[this.offer];
    if (trade === undefined) throw new Error('no such offer');
    return trade;
  }

  private owing = (model: ReferenceModel) =>
    model.payments.find((payment) => payment.trade === this.trade(model) && payment.owedSeller > 0);

  send({ model, stage }: Told): Promise<Answer> {
    const { request, offerId, price } = this.trade(model);
    this.asked = this.amount ?? this.owing(model)?.owedSeller ?? price;
    const body = {
      ...{ purchaseRequestId: request.id, sellerOfferId: offerId, amount: shown(this.asked) },
      ...{ buyerId: 'buyer-1', sellerId: 'seller-1', recipientAddress: recipient },
    };
    return stage.call('admin', 'POST', '/api/payment/shkeeper/payout', body, this.key);
  }

  judge({ model }: Told, answer: Answer): void {
    const owing = this.owing(model);
    expectAnswer(answer, model.paySeller(this.trade(model), this.asked), String(this));
    if (answer.status === 200) owing?.externalIds.push(String(answer.data.taskId));
  }

  protected override async act(told: Told): Promise<void> {
    const first = await this.send(told);
    const repeat = this.twice && first.status === 200 ? await this.send(told) : first;
    this.judge(told, first);
    expect(repeat.body, `${this}, repeated`).to.deep.equal(first.body);
  }

  override toString = () =>
    `payout of ${this.amount === null ? 'everything' : shown(this.amount)} for offer ${this.offer}${this.twice ? ', twice under one key' : ''}`;
}

/** Where the seller wants to be paid, with a key nobody needs. */
const recipient = new Wallet(`0x${'a2'.repeat(32)}`).address;
