import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { Wallet } from 'ethers';
import type { ModelPayment } from '../modelPayment.ts';
import { type ReferenceModel, refused, shown } from '../referenceModel.ts';
import type { Answer, HttpStage } from '../stage.ts';
import { expectAnswer, follow, PaymentStep, Step, type Told } from './step.ts';

type Kind = 'release' | 'refund';
const inventedHash = `0x${'ef'.repeat(32)}`;
const finalityBlocks = 5;
const pathOf = ({ id }: ModelPayment, kind: Kind) => `/api/payment/shkeeper/${id}/${kind}`;

/** An admin asks for a release or a refund, of everything or of a part. */
export class Prepare extends PaymentStep {
  private readonly kind: Kind;
  private readonly amount: number | null;

  constructor(pick: number, kind: Kind, amount: number | null) {
    super(pick);
    this.kind = kind;
    this.amount = amount;
  }

  protected override async act({ model, stage }: Told): Promise<void> {
    const payment = this.of(model);
    const expected = model.prepare(payment, this.kind, this.amount);
    const body = this.amount === null ? {} : { amount: shown(this.amount) };
    const answer = await stage.call('admin', 'POST', pathOf(payment, this.kind), body);
    expectAnswer(answer, expected, String(this));
    if (answer.data.kind === 'payout') payment.externalIds.push(String(answer.data.externalId));
  }

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
export class Payout extends Step {
  private readonly offer: number;
  private readonly amount: number | null;
  private readonly twice: boolean;

  constructor(offer: number, amount: number | null, twice: boolean) {
    super();
    this.offer = offer;
    this.amount = amount;
    this.twice = twice;
  }

  protected override async act({ model, stage }: Told): Promise<void> {
    const trade = model.trades[this.offer];
    if (trade === undefined) throw new Error('no such offer');
    const owing = model.payments.find((payment) => payment.trade === trade && payment.owedSeller > 0);
    const amount = this.amount ?? owing?.owedSeller ?? trade.price;
    const expected = model.paySeller(trade, amount);
    const body = {
      ...{ purchaseRequestId: trade.request.id, sellerOfferId: trade.offerId, amount: shown(amount) },
      ...{ buyerId: 'buyer-1', sellerId: 'seller-1', recipientAddress: recipient },
    };
    const key = randomUUID();
    const pay = () => stage.call('admin', 'POST', '/api/payment/shkeeper/payout', body, key);
    const answer = await pay();
    expectAnswer(answer, expected, String(this));
    if (expected.status !== 200) return;
    owing?.externalIds.push(String(answer.data.taskId));
    if (this.twice) expect((await pay()).body, `${this}, repeated`).to.deep.equal(answer.body);
  }

  override toString = () =>
    `payout of ${this.amount === null ? 'everything' : shown(this.amount)} for offer ${this.offer}${this.twice ? ', twice under one key' : ''}`;
}

/** Where the seller wants to be paid, with a key nobody needs. */
const recipient = new Wallet(`0x${'a2'.repeat(32)}`).address;
