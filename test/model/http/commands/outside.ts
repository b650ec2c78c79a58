import type { ModelTransfer } from '../modelFacts.ts';
import type { ModelPayment } from '../modelPayment.ts';
import { type ReferenceModel, shown } from '../referenceModel.ts';
import type { HttpStage } from '../stage.ts';
import { intentTtlMinutes } from '../stage.ts';
import { follow, PaymentStep, Step, type Told } from './step.ts';

const minuteMs = 60_000;
/** Beyond the expiry of every payment by more than the clocks of server and chain may differ. */
const expiryMs = (intentTtlMinutes + 5) * minuteMs;
/** Fewer than watching and delivery allow. */
const mostExpiries = 3;
/** Rounds until nothing is on its way; each gives a payout or a forward the block it waits for. */
const mostRounds = 12;
const roundMs = 30_000;
const finalityBlocks = 5;
const baseUnits = (hundredths: number) => BigInt(hundredths) * 10n ** 16n;

/** Broadcasts a buyer's transfer for a payment; whether it is on time is for its block to say. */
async function mined(stage: HttpStage, raw: string, { expiresAtMs }: ModelPayment) {
  const receipt = await stage.chain.rpc<{ transactionHash: string; blockNumber: string; status: string }>(
    'eth_sendRawTransactionSync',
    [raw],
  );
  if (receipt.status !== '0x1') throw new Error(`a transaction failed: ${JSON.stringify(receipt)}`);
  const { timestamp } = await stage.chain.rpc<{ timestamp: string }>('eth_getBlockByNumber', [
    receipt.blockNumber,
    false,
  ]);
  const minedOnTime = Number(timestamp) * 1000 <= expiresAtMs;
  return { hash: receipt.transactionHash, block: Number(receipt.blockNumber), minedOnTime };
}

const isUntold = ({ stage }: ModelTransfer) => stage === 'mined' || stage === 'sighted';

/** The buyer sends money to the vault or to the provider's address; `alone` means that nobody notices yet. */
export class Pay extends PaymentStep {
  private readonly amount: number;
  private readonly at: 'contract' | 'provider';
  protected override readonly alone: boolean;

  constructor(pick: number, amount: number, how: { readonly at: 'contract' | 'provider'; readonly alone: boolean }) {
    super(pick);
    this.amount = amount;
    this.at = how.at;
    this.alone = how.alone;
  }

  /** Which of two payments of one request is completed first is open when both are told at once. */
  protected override fits(_payment: ModelPayment, { payments }: Readonly<ReferenceModel>): boolean {
    return !this.alone || !payments.some(({ transfers }) => transfers.some(isUntold));
  }

  protected override async act({ model, stage }: Told): Promise<void> {
    const payment = this.of(model);
    const to = this.at === 'contract' ? payment.vault : payment.oneTime;
    const raw = await stage.chain.signPayment(to, baseUnits(this.amount));
    const { amount, at } = this;
    const sent = await mined(stage, raw, payment);
    payment.transfers.push({ raw, amount, at, onTime: sent.minedOnTime, stage: 'mined', moved: null, ...sent });
  }

  override toString = () =>
    `pay ${shown(this.amount)} for payment ${this.pick} to the ${this.at === 'contract' ? 'vault' : 'provider'}${this.alone ? ', unnoticed' : ''}`;
}

/** The chain goes on until everything is final, and the provider sends what it was asked to. */
export class TimePasses extends Step {
  protected override async act({ model, stage }: Told): Promise<void> {
    for (let round = 0; round < mostRounds; round += 1) {
      await stage.chain.mine(finalityBlocks);
      await stage.advance(roundMs);
      await stage.server().work();
      if (await isQuiet(stage, model)) break;
      await stage.providerWorks();
    }
    await follow({ model, stage });
    model.settleDown();
  }

  override toString = () => 'time passes';
}

async function isQuiet(stage: HttpStage, { payments }: ReferenceModel): Promise<boolean> {
  for (const { id } of payments) {
    const { custody, payouts } = (await stage.call('admin', 'GET', `/api/payment/${id}`)).data;
    if (custody === 'provider' || (payouts as { outcome: string }[]).some(({ outcome }) => outcome === 'open'))
      return false;
  }
  return true;
}

/** One block is mined, so that what was seen in the last one is believed. */
export class NextBlock extends Step {
  protected override act = ({ stage }: Told) => stage.chain.mine(1);
  override toString = () => 'next block';
}

/** The sweep comes when the time of every payment that is open is over. */
export class Expire extends Step {
  override check({ expiries }: Readonly<ReferenceModel>): boolean {
    return expiries < mostExpiries;
  }

  protected override async act({ model, stage }: Told): Promise<void> {
    await stage.advance(expiryMs);
    await stage.chain.mine(1);
    await stage.server().sweep();
    await follow({ model, stage });
    model.expiries += 1;
    model.expire();
  }

  override toString = () => 'expire';
}

/** The last blocks are replaced; the buyers' transfers in them are mined again, or never. */
export class Reorganise extends Step {
  private readonly depth: number;
  private readonly again: boolean;
  private readonly byMonitorAlone: boolean;

  constructor(depth: number, how: { readonly again: boolean; readonly byMonitorAlone: boolean }) {
    super();
    this.depth = depth;
    this.again = how.again;
    this.byMonitorAlone = how.byMonitorAlone;
  }

  private taken = ({ transfers }: ModelPayment, head: number) =>
    transfers.filter(({ stage, block }) => stage !== 'lost' && block > head - this.depth);

  /** Left out is what the model does not follow: a transfer of which a part may be on its way out already. */
  override check({ payments, head }: Readonly<ReferenceModel>): boolean {
    return payments.every((payment) => {
      const taken = this.taken(payment, head);
      const onlySeen = taken.some(isUntold);
      const byProvider = taken.filter(({ at, stage }) => at === 'provider' && stage === 'credited');
      const sum = byProvider.reduce((total, { amount }) => total + amount, 0);
      const forwarding = payment.held.provider > 0 && sum > 0 && sum <= payment.excess.provider;
      const leaving = sum > 0 && payment.payouts.some(({ outcome }) => outcome === 'open');
      return !(this.byMonitorAlone && onlySeen) && !forwarding && !leaving;
    });
  }

  protected override async act({ model, stage }: Told): Promise<void> {
    const taken = model.payments.map((payment) => ({ payment, transfers: this.taken(payment, model.head) }));
    const settlements = model.payments.map(({ settling }) => settling);
    await stage.reorganise(this.depth);
    for (const settling of settlements) {
      if (settling?.block && settling.block > model.head - this.depth)
        Object.assign(settling, { block: null, seen: false });
    }
    const moved = taken.flatMap(({ payment, transfers }) => transfers.map((transfer) => ({ payment, transfer })));
    for (const { payment, transfer } of moved.sort((a, b) => a.transfer.block - b.transfer.block))
      await this.move(stage, payment, transfer);
    await follow({ model, stage });
    if (this.byMonitorAlone) return;
    for (const payment of model.payments) {
      await stage.server().look(payment.id);
      model.look(payment);
    }
  }

  private async move(stage: HttpStage, payment: ModelPayment, transfer: ModelTransfer): Promise<void> {
    if (!this.again) {
      if (transfer.stage === 'credited') payment.reverse(transfer, 'lost');
      else payment.lose(transfer);
      return;
    }
    if (transfer.stage === 'credited') transfer.moved ??= transfer.block;
    const { block, minedOnTime } = await mined(stage, transfer.raw, payment);
    Object.assign(transfer, { block, minedOnTime });
  }

  override toString = () =>
    `reorganise ${this.depth}, ${this.again ? 'mined again' : 'never again'}${this.byMonitorAlone ? ', seen by the monitor alone' : ''}`;
}

/** The server dies and another one goes on with the database as it is. */
export class Restart extends Step {
  protected override act = ({ stage }: Told) => stage.restart();
  override toString = () => 'restart';
}
