import { expect } from 'chai';
import type fc from 'fast-check';
import type { Expected } from '../modelFacts.ts';
import type { ModelPayment } from '../modelPayment.ts';
import { type ReferenceModel, shown } from '../referenceModel.ts';
import type { Answer, HttpStage } from '../stage.ts';

/** What a command may use. */
export interface Told {
  readonly model: ReferenceModel;
  readonly stage: HttpStage;
}

const shownFields = ['status', 'escrowState', 'custody', 'failureReason', 'receivedAmount', 'releasedAmount'] as const;
const moreFields = ['refundedAmount', 'feeAmount'] as const;

/** Compares an answer with what the model says. */
export function expectAnswer(answer: Answer, { status, code, data }: Expected, what: string): void {
  const told = JSON.stringify(answer.body).slice(0, 400);
  expect(answer.status, `${what} answered ${told}`).to.equal(status);
  if (code !== undefined) expect(answer.body.code, what).to.equal(code);
  if (data !== undefined) expect(answer.data, what).to.deep.include(data);
}

type Listed = Readonly<Record<string, unknown>>;

/** What the API shows of a payment, in the words of the model. */
async function viewOf(stage: HttpStage, { id }: ModelPayment): Promise<object> {
  const { status, data, body } = await stage.call('admin', 'GET', `/api/payment/${id}`);
  expect(status, JSON.stringify(body)).to.equal(200);
  const settlement = data.settlement as Listed | null;
  return {
    ...Object.fromEntries([...shownFields, ...moreFields].map((name) => [name, data[name]])),
    flags: [...(data.flags as string[])].sort(),
    settlement: settlement && {
      state: settlement.state,
      toSeller: settlement.toSeller,
      toBuyer: settlement.toBuyer,
    },
    payouts: (data.payouts as Listed[]).map(({ amount, outcome }) => ({ amount, outcome })),
  };
}

/** A step of a run: it acts on the server and on the model, and afterwards every payment has to be what the model says. */
export abstract class Step implements fc.AsyncCommand<ReferenceModel, HttpStage> {
  /** Whether the server does nothing by itself after this step. */
  protected readonly alone: boolean = false;

  check(_model: Readonly<ReferenceModel>): boolean {
    return true;
  }

  protected abstract act(told: Told): Promise<void>;

  abstract toString(): string;

  async run(model: ReferenceModel, stage: HttpStage): Promise<void> {
    await this.act({ model, stage });
    await follow({ model, stage });
    if (!this.alone) {
      await stage.server().work();
      model.work();
    }
    for (const [n, payment] of model.payments.entries())
      expect(await viewOf(stage, payment), `payment ${n} after ${this}`).to.deep.equal(payment.view(shown));
  }
}

/** A step that is one call: what is sent, and what the model says to its answer. */
export interface Call {
  send(told: Told): Promise<Answer>;
  judge(told: Told, answer: Answer): void;
}

/** Makes a call and judges it. */
export async function ask(call: Call, told: Told): Promise<void> {
  call.judge(told, await call.send(told));
}

/** Tells the model where the chain and the clock are: the world's facts, not the server's. */
export async function follow({ model, stage }: Told): Promise<void> {
  model.head = Number(await stage.chain.rpc<string>('eth_blockNumber'));
  model.nowMs = stage.clock.now();
}

/** A step about one of the payments, or none when there is none yet. */
export abstract class PaymentStep extends Step {
  protected readonly pick: number;

  constructor(pick: number) {
    super();
    this.pick = pick;
  }

  override check(model: Readonly<ReferenceModel>): boolean {
    return model.payments.length > 0 && this.fits(this.of(model), model);
  }

  protected fits(_payment: ModelPayment, _model: Readonly<ReferenceModel>): boolean {
    return true;
  }

  protected of({ payments }: Readonly<ReferenceModel>): ModelPayment {
    const found = payments[this.pick % payments.length];
    if (found === undefined) throw new Error('there is no payment yet');
    return found;
  }
}
