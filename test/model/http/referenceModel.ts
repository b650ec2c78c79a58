import type { Expected, ModelTrade, ModelTransfer } from './modelFacts.ts';
import { type ModelPayment, openPayment } from './modelPayment.ts';

/** A block is believed when one follows it, and final when four do, as the stage's chain has it. */
const [confirmations, finality] = [2, 5];
/** Different hints that are kept of one payment. */
const hintsMax = 5;
/** Between two looks that a stored hint or a provider's word calls for while a sighted transfer is not confirmed. */
const lookAgainMs = 2_000;

export const accepted: Expected = { status: 200 };
export const refused = (code: string, status = 409): Expected => ({ status, code });

/** What the server should answer and show: the payments of one run, and as much of the chain as they depend on. */
export class ReferenceModel {
  readonly payments: ModelPayment[] = [];
  readonly trades: readonly ModelTrade[];
  head = 0;
  nowMs: number;
  expiries = 0;

  constructor(trades: readonly ModelTrade[], nowMs: number) {
    this.trades = trades;
    this.nowMs = nowMs;
  }

  isConfirmed = ({ block }: ModelTransfer) => block <= this.head - confirmations + 1;
  isFinal = (block: number) => block <= this.head - finality + 1;

  /** The payment that an intent for this offer answers with, null for a new one, or why there is none. */
  intent(trade: ModelTrade): ModelPayment | null | Expected {
    const active = this.payments.find(
      (p) => p.trade === trade && ['pending', 'processing', 'completed'].includes(p.status),
    );
    if (active !== undefined) return active;
    return trade.request.funder === null ? null : refused('request_already_funded');
  }

  open(trade: ModelTrade, facts: Pick<ModelPayment, 'id' | 'vault' | 'oneTime' | 'expiresAtMs'>): void {
    this.payments.push(openPayment(trade, facts));
  }

  /** What the chain shows of a payment is told: sighted, or credited when it is deep enough. */
  tell(p: ModelPayment): void {
    for (const transfer of p.transfers.toSorted((a, b) => a.block - b.block)) {
      if (transfer.stage === 'credited' || transfer.stage === 'lost') continue;
      if (this.isConfirmed(transfer)) p.credit(transfer);
      else p.sight(transfer);
    }
    const { settling } = p;
    if (settling === null || settling.block === null) return;
    if (this.isFinal(settling.block)) p.settle();
    else settling.seen = true;
  }

  /** A look at one payment by itself, which also sees what is no longer there. */
  look(p: ModelPayment): void {
    for (const transfer of p.transfers) {
      if (transfer.stage !== 'credited' || transfer.moved === null || this.isFinal(transfer.moved)) continue;
      transfer.moved = null;
      p.reverse(transfer, 'mined');
    }
    this.tell(p);
  }

  /** What the server does by itself after each command. */
  work(): void {
    for (const p of this.payments) {
      if (p.lookDueMs !== null && p.lookDueMs <= this.nowMs) {
        p.lookDueMs = null;
        this.look(p);
        if (p.hasSighted()) p.lookDueMs = this.nowMs + lookAgainMs;
      }
      this.tell(p);
    }
  }

  /** A client's word for a transaction; the answer is what a look shows. */
  hint(p: ModelPayment, hash: string): Expected {
    if (p.status !== 'released' && p.status !== 'refunded' && !p.hints.has(hash)) {
      if (p.hints.size >= hintsMax) return refused('rate_limited', 429);
      p.hints.add(hash);
      p.lookDueMs = this.nowMs;
    }
    this.look(p);
    return { status: 200, data: { status: p.status } };
  }

  /** The time of every open payment is over that did not expire yet. */
  expire(): void {
    for (const p of this.payments) {
      if ((p.status !== 'pending' && p.status !== 'processing') || p.expiresAtMs >= this.nowMs) continue;
      this.look(p);
      p.deadlinePassed();
    }
  }

  /** Everything that was mined is final, and everything that was on its way has arrived. */
  settleDown(): void {
    for (const p of this.payments) {
      this.tell(p);
      p.lookDueMs = null;
    }
    for (const p of this.payments) p.arrive();
  }

  /** What may still leave the chain of what a custody received. */
  unfinal(p: ModelPayment, at: 'contract' | 'provider'): number {
    const young = p.transfers.filter((t) => t.stage === 'credited' && t.at === at && !this.isFinal(t.block));
    return young.reduce((sum, { amount }) => sum + amount, 0);
  }

  /** A release or refund that an admin asks for, and what it reserves; `amount` null means everything. */
  prepare(p: ModelPayment, kind: 'release' | 'refund', amount: number | null): Expected {
    const open = p.settling;
    if (open !== null) {
      const own = kind === 'release' ? open.toSeller : open.toBuyer;
      return own > 0 && (amount === null || amount === own) ? this.payload(p) : refused('settlement_open');
    }
    switch (p.status) {
      case 'pending':
      case 'processing':
        return refused('not_funded');
      case 'completed':
        return kind === 'refund' && p.excess.provider > 0 && (amount ?? 0) <= p.excess.provider
          ? this.payOut(p, amount)
          : this.settleFunded(p, kind, amount);
      case 'failed':
      case 'cancelled':
        return kind === 'release' ? refused('not_funded') : this.refundUnfunded(p, amount);
      default:
        return kind === 'refund' && p.excess.provider > 0 ? this.payOut(p, amount) : refused('already_final');
    }
  }

  private settleFunded(p: ModelPayment, kind: 'release' | 'refund', wanted: number | null): Expected {
    if (p.held.provider > 0) return refused('escrow_forwarding');
    const amount = wanted ?? p.held.contract;
    if (amount === 0) return refused('validation_failed', 400);
    if (!p.isCovered()) return refused('not_funded');
    if (this.unfinal(p, 'contract') > p.excess.contract) return refused('escrow_not_final');
    if (amount > p.held.contract) return refused('amount_exceeds_balance');
    p.reserve('held', kind, amount);
    return this.payload(p);
  }

  private refundUnfunded(p: ModelPayment, wanted: number | null): Expected {
    const { excess, trade } = p;
    if (excess.provider > 0) return this.payOut(p, wanted);
    if (excess.contract === 0) return refused('not_funded');
    if (excess.contract < trade.price || p.settled >= trade.price) return refused('refund_waits');
    const amount = wanted ?? trade.price;
    if (this.unfinal(p, 'contract') > excess.contract - amount) return refused('escrow_not_final');
    if (amount !== trade.price) return refused('validation_failed', 400);
    p.reserve('excess', 'refund', amount);
    return this.payload(p);
  }

  private payOut(p: ModelPayment, wanted: number | null): Expected {
    const amount = wanted ?? p.excess.provider;
    if (amount > p.excess.provider) return refused('amount_exceeds_balance');
    p.excess.provider -= amount;
    p.payouts.push({ from: 'provider', amount, outcome: 'open' });
    return { status: 200, data: { kind: 'payout' } };
  }

  private payload({ settling, settlements }: ModelPayment): Expected {
    const amounts = { toSeller: shown(settling?.toSeller ?? 0), toBuyer: shown(settling?.toBuyer ?? 0) };
    return { status: 200, data: { kind: 'settlement', settleSeq: settlements, ...amounts } };
  }

  /** A payout to the seller of a trade out of the treasury. */
  paySeller(trade: ModelTrade, amount: number): Expected {
    const p = this.payments.find((one) => one.trade === trade && one.owedSeller > 0);
    if (p === undefined || amount > p.owedSeller) return refused('amount_exceeds_balance');
    p.owedSeller -= amount;
    p.payouts.push({ from: 'treasury', amount, outcome: 'open' });
    return accepted;
  }

  cancel(p: ModelPayment): Expected {
    if (p.status === 'released' || p.status === 'refunded') return refused('already_final');
    if (p.status !== 'pending' && p.status !== 'cancelled') return refused('illegal_transition');
    p.status = 'cancelled';
    return accepted;
  }
}

/** Hundredths of a token as the API writes them. */
export const shown = (hundredths: number) => String(hundredths / 100);
