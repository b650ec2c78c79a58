import type { ModelSettlement, ModelStatus, ModelTrade, ModelTransfer, Place } from './modelFacts.ts';

const feeOf = (released: number) => Math.floor(released / 100);
const escrowStates = { completed: 'funded', released: 'released', refunded: 'refunded' } as const;

export const openPayment = (
  trade: ModelTrade,
  facts: Pick<ModelPayment, 'id' | 'vault' | 'oneTime' | 'expiresAtMs'>,
): ModelPayment => Object.assign(new ModelPayment(trade), facts);

/** What one payment should show, and what its money does. */
export class ModelPayment {
  readonly trade: ModelTrade;
  readonly id: string = '';
  readonly vault: string = '';
  readonly oneTime: string = '';
  readonly expiresAtMs: number = 0;
  status: ModelStatus = 'pending';
  failure: string | null = null;
  readonly flags = new Set<string>();
  readonly transfers: ModelTransfer[] = [];
  readonly hints = new Set<string>();
  readonly reported = new Set<string>();
  reportRank = -2;
  lookDueMs: number | null = null;
  readonly excess = { contract: 0, provider: 0 };
  readonly held = { contract: 0, provider: 0 };
  forwarded = false;
  /** What the provider calls this payment's payouts. */
  readonly externalIds: string[] = [];
  settling: ModelSettlement | null = null;
  /** The newest one that was booked. */
  settledBy: { readonly hash: string | null; readonly toSeller: number } | null = null;
  settlements = 0;
  settled = 0;
  released = 0;
  refunded = 0;
  owedSeller = 0;
  readonly payouts: {
    readonly from: 'provider' | 'treasury';
    readonly amount: number;
    outcome: 'open' | 'succeeded';
  }[] = [];

  constructor(trade: ModelTrade) {
    this.trade = trade;
  }

  private credited = () => this.transfers.filter(({ stage }) => stage === 'credited');
  private excessTotal = () => this.excess.contract + this.excess.provider;
  received = () => this.credited().reduce((sum, { amount }) => sum + amount, 0);
  private counted = () => this.credited().reduce((sum, { amount, onTime }) => sum + (onTime ? amount : 0), 0);
  hasSighted = () => this.transfers.some(({ stage }) => stage === 'sighted');
  private funded = () => this.trade.request.funder === this;

  private missing(): number {
    const reserved = this.settling?.origin === 'held' ? this.settling.toSeller + this.settling.toBuyer : 0;
    const there = this.held.contract + this.held.provider + reserved;
    return Math.max(0, this.trade.price - this.released - this.refunded - there);
  }
  isCovered = () => !this.flags.has('reorged') || (this.received() >= this.trade.price && this.missing() === 0);

  sight(transfer: ModelTransfer): void {
    if (this.status !== 'pending' && this.status !== 'processing') return;
    transfer.stage = 'sighted';
    this.status = 'processing';
  }

  /** Money that the chain has confirmed. */
  credit(transfer: ModelTransfer): void {
    Object.assign(transfer, { stage: 'credited', onTime: transfer.minedOnTime });
    this.excess[transfer.at] += transfer.amount;
    const open = this.status !== 'cancelled' && this.failure !== 'already_funded';
    if (this.status === 'completed') this.coverAgain();
    else if (this.status === 'released' || this.status === 'refunded') this.flags.add('overpaid');
    else if (open && transfer.onTime && this.counted() >= this.trade.price) this.completeIfPossible();
    else if (!transfer.onTime || this.status === 'failed' || this.status === 'cancelled') this.flags.add('paid_late');
    else {
      this.flags.add('underpaid');
      this.status = 'processing';
    }
  }

  private completeIfPossible(): void {
    const { request, price } = this.trade;
    if (request.funder !== null && !this.funded()) {
      Object.assign(this, { status: 'failed', failure: 'already_funded' });
      this.flags.delete('underpaid');
    } else if (this.excessTotal() >= price && this.settling === null && this.settled < price) {
      this.cover(price);
      Object.assign(this, { status: 'completed', failure: null });
      request.funder = this;
      this.flags.delete('underpaid');
      if (this.excessTotal() > 0) this.flags.add('overpaid');
      if (this.refunded > 0) this.flags.add('manual');
    } else {
      // what was counted is on its way back
      for (const flag of ['manual', 'paid_late']) this.flags.add(flag);
      if (this.status === 'pending') this.status = 'processing';
    }
  }

  private cover(amount: number): void {
    let left = amount;
    for (const at of ['contract', 'provider'] as const) {
      const part = Math.min(this.excess[at], left);
      this.excess[at] -= part;
      this.held[at] += part;
      left -= part;
    }
  }

  private coverMissing(): void {
    if (this.status === 'completed' && this.flags.has('reorged'))
      this.cover(Math.min(this.missing(), this.excessTotal()));
  }

  private coverAgain(): void {
    this.coverMissing();
    if (this.received() >= this.trade.price && this.missing() === 0) this.flags.delete('reorged');
    if (this.excessTotal() > 0) this.flags.add('overpaid');
  }

  /** A credit left the chain; `then` says whether its transaction is there again. */
  reverse(transfer: ModelTransfer, then: 'mined' | 'lost'): void {
    transfer.stage = then;
    const { at, amount } = transfer;
    const ended = this.status === 'released' || this.status === 'refunded';
    const begun = this.forwarded || this.settling !== null || this.settled > 0 || this.payouts.length > 0;
    const there = this.excess[at] + (this.status === 'completed' && !begun ? this.held[at] : 0);
    if (ended || (this.status === 'completed' && begun) || there < amount) this.takeAway(at, amount);
    else this.undo(at, amount);
  }

  private takeAway(at: Place, amount: number): void {
    let left = amount;
    for (const purse of [this.excess, this.held]) {
      const part = Math.min(purse[at], left);
      purse[at] -= part;
      left -= part;
    }
    if (left > 0) this.flags.add('manual');
    this.flags.add('reorged');
    if (this.received() >= this.trade.price) this.coverMissing();
  }

  private undo(at: Place, amount: number): void {
    for (const place of ['contract', 'provider'] as const) {
      this.excess[place] += this.held[place];
      this.held[place] = 0;
    }
    this.excess[at] -= amount;
    const { price } = this.trade;
    const enough = this.counted() >= price && this.excessTotal() >= price;
    if (this.status === 'completed' && enough) this.cover(price);
    else if (this.status === 'completed') {
      this.wait();
      if (this.counted() > 0) this.flags.add('underpaid');
    } else if (this.status === 'processing' || this.status === 'pending') this.wait();
    if (this.excessTotal() === 0 || this.status !== 'completed') this.flags.delete('overpaid');
    const late = this.credited().some(({ onTime }) => !onTime);
    if (!late && this.status !== 'failed' && this.status !== 'cancelled') this.flags.delete('paid_late');
    if (this.received() === 0) for (const flag of ['paid_late', 'underpaid']) this.flags.delete(flag);
  }

  /** A sighting left the chain. */
  lose(transfer: ModelTransfer): void {
    const wasSighted = transfer.stage === 'sighted';
    transfer.stage = 'lost';
    if (wasSighted && this.status === 'processing') this.wait();
  }

  /** The provider's word: it makes the server look, and an unpaid payment shows that it was heard of. */
  report(hash: string | null, rank: number, nowMs: number): void {
    if (rank <= this.reportRank && (hash === null || this.reported.has(hash))) return;
    this.reportRank = Math.max(rank, this.reportRank);
    if (hash !== null) this.reported.add(hash);
    this.lookDueMs = nowMs;
    if (this.status === 'pending' && this.reported.size > 0) this.status = 'processing';
  }

  /** A payment without its price shows whether anything of it was heard of. */
  private wait(): void {
    const heard = this.reported.size > 0 || this.hasSighted() || this.counted() > 0;
    this.status = heard ? 'processing' : 'pending';
  }

  deadlinePassed(): void {
    if ((this.status !== 'pending' && this.status !== 'processing') || this.hasSighted()) return;
    Object.assign(this, { status: 'failed', failure: 'expired' });
    if (this.counted() > 0) this.flags.add('underpaid');
  }

  reserve(origin: 'held' | 'excess', kind: 'release' | 'refund', amount: number): void {
    this[origin].contract -= amount;
    const [toSeller, toBuyer] = kind === 'release' ? [amount, 0] : [0, amount];
    this.settling = { origin, toSeller, toBuyer, seen: false, block: null, hash: null };
  }

  /** The contract's word on the open settlement is final. */
  settle(): void {
    if (this.settling === null) return;
    const { toSeller, toBuyer, hash } = this.settling;
    const before = this.fees();
    this.settlements += 1;
    this.settled += toSeller + toBuyer;
    this.released += toSeller;
    if (!this.trade.sellerHasAddress) this.owedSeller += toSeller - (this.fees() - before);
    this.refunded += toBuyer;
    Object.assign(this, { settling: null, settledBy: { hash, toSeller } });
    this.endIfEmpty();
  }

  private endIfEmpty(): void {
    if (this.status !== 'completed' || this.held.contract + this.held.provider > 0) return;
    this.status = this.released > 0 ? 'released' : 'refunded';
  }

  /** Forwards and payouts reach the chain for good. */
  arrive(): void {
    if (this.status === 'completed' && this.held.provider > 0 && this.missing() === 0) {
      this.held.contract += this.held.provider;
      this.held.provider = 0;
      this.forwarded = true;
    }
    for (const payout of this.payouts.filter(({ outcome }) => outcome === 'open')) {
      payout.outcome = 'succeeded';
      const unfunded = !(this.status in escrowStates);
      if (payout.from === 'provider' && unfunded) this.refunded += payout.amount;
    }
  }

  fees = () => feeOf(this.released);

  /** What `GET /api/payment/:id` should show. */
  view(shown: (hundredths: number) => string) {
    const open = this.settling;
    const custody = this.held.provider > 0 ? 'provider' : this.status === 'completed' ? 'contract' : 'none';
    return {
      status: this.status,
      escrowState: escrowStates[this.status as keyof typeof escrowStates] ?? 'unfunded',
      custody,
      flags: [...this.flags].sort(),
      failureReason: this.failure,
      receivedAmount: shown(this.received()),
      releasedAmount: shown(this.released),
      refundedAmount: shown(this.refunded),
      feeAmount: shown(this.fees()),
      settlement: open && {
        state: open.seen ? 'seen' : 'open',
        toSeller: shown(open.toSeller),
        toBuyer: shown(open.toBuyer),
      },
      payouts: this.payouts.map(({ amount, outcome }) => ({ amount: shown(amount), outcome })),
    };
  }
}
