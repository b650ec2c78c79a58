import { claim } from '../../domain/claim.ts';
import { assetName } from '../../domain/ledger.ts';
import { parseAmount } from '../../domain/money.ts';
import type { Asset } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { AmountsByToken, PayoutLimits } from '../../ports/payouts.ts';
import type { Clock, TransitionStore } from '../../ports.ts';

export interface PayoutTurnPorts {
  readonly store: Pick<TransitionStore, 'highestClaim' | 'at'>;
  readonly clock: Clock;
  readonly payoutLimits: PayoutLimits;
}

/** The turn that a payout takes, and what the step that takes it keeps as evidence for the next one. */
export interface PayoutTurn {
  readonly turn: number;
  readonly evidence: { readonly payoutHours: Hours };
  /** The first limit that it exceeds, in base units; zero where payouts are closed. */
  readonly over: OverLimit | null;
}

/** A limit that a payout exceeds. */
export interface OverLimit {
  readonly most: bigint;
  readonly when: 'at once' | 'in 24 hours';
}

/** What was ordered in an hour since 1970, in base units as text. */
type Hours = readonly (readonly [hour: number, amount: string])[];

const hourMs = 3_600_000;
const windowMs = 24 * hourMs;
/** Sums stay in the steps for so long, so that one clock that is days ahead does not make all others forget what was paid out. */
const keptMs = 7 * windowMs;

function limitOf({ standard, tokens }: AmountsByToken, { token, decimals }: Asset): bigint {
  const parsed = parseAmount(tokens[token.toUpperCase()] ?? standard, decimals);
  // Zero, or finer than the token is: nothing leaves.
  return parsed.outcome === 'parsed' ? parsed.amount : 0n;
}

function hoursIn(evidence: Readonly<Record<string, unknown>>): Hours {
  const { payoutHours } = evidence;
  if (!Array.isArray(payoutHours)) throw new Error('The last payout does not say what was paid out before it.');
  return payoutHours.map(([hour, amount]) => [Number(hour), String(BigInt(amount))]);
}

/**
 * The limits of payouts to addresses that somebody names. All of one asset stand in one row: each takes the number after the last one's as a claim
 * in its own step, and that step carries the sums of the last hours. So whoever decides has counted everything before him, or loses the number
 * to whom he did not count and decides again: two that fit one by one but not together cannot both pass, in whatever process. A payout that fails
 * stays counted.
 */
export function createPayoutTurns({ store, clock, payoutLimits }: PayoutTurnPorts) {
  async function lastOf(asset: Asset): Promise<{ readonly turn: number; readonly hours: Hours }> {
    const prefix = claim.payoutTurns(assetName(asset));
    const highest = await store.highestClaim(prefix);
    if (highest === null) return { turn: 0, hours: [] };
    const step = await store.at(highest.paymentId, highest.seq);
    if (step === null) throw new AppError('busy', 'Another payout is being recorded; repeat unchanged.');
    return { turn: Number(highest.claim.slice(prefix.length)), hours: hoursIn(step.evidence) };
  }

  function exceeded(asset: Asset, amount: bigint, spent: bigint): OverLimit | null {
    const [single, daily] = [limitOf(payoutLimits.single, asset), limitOf(payoutLimits.daily, asset)];
    if (single === 0n || daily === 0n) return { most: 0n, when: 'at once' };
    if (amount > single) return { most: single, when: 'at once' };
    return spent + amount > daily ? { most: daily, when: 'in 24 hours' } : null;
  }

  /** The turn of a payout, and the limit that it exceeds with it. */
  return async function takeTurn(asset: Asset, amount: bigint): Promise<PayoutTurn> {
    const last = await lastOf(asset);
    const now = clock.now();
    // Whole hours, so up to an hour more than the day is counted; what another process's faster clock wrote is counted, too.
    const since = (ms: number) => last.hours.filter(([hour]) => (hour + 1) * hourMs > now - ms);
    const spent = since(windowMs).reduce((sum, [, paid]) => sum + BigInt(paid), 0n);
    const thisHour = Math.floor(now / hourMs);
    const before = BigInt(last.hours.find(([hour]) => hour === thisHour)?.[1] ?? 0);
    const others = since(keptMs).filter(([hour]) => hour !== thisHour);
    return {
      turn: last.turn + 1,
      evidence: { payoutHours: [...others, [thisHour, String(before + amount)]] },
      over: exceeded(asset, amount, spent),
    };
  };
}
