import { claim } from '../../domain/claim.ts';
import { assetName } from '../../domain/ledger.ts';
import { formatAmount, parseAmount } from '../../domain/money.ts';
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
}

/** What was ordered in an hour since 1970, in base units as text. */
type Hours = readonly (readonly [hour: number, amount: string])[];

const hourMs = 3_600_000;
const windowMs = 24 * hourMs;

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

  function refuse(asset: Asset, most: bigint, when: string): never {
    const words = `${formatAmount(most, asset.decimals)} ${asset.token} on ${asset.network}`;
    throw new AppError(
      'payout_over_limit',
      `No more than ${words} ${when} goes to an address that is not in the terms of its payment. No admin can lift this by himself: whoever runs the server raises PAYOUT_MOST or PAYOUT_MOST_PER_DAY, or wait until less was paid out in 24 hours.`,
      { details: { most: formatAmount(most, asset.decimals), token: asset.token, network: asset.network } },
    );
  }

  /** The turn of a payout, or a refusal when it is above a limit. */
  return async function takeTurn(asset: Asset, amount: bigint): Promise<PayoutTurn> {
    const single = limitOf(payoutLimits.single, asset);
    if (amount > single) refuse(asset, single, 'at once');
    const daily = limitOf(payoutLimits.daily, asset);
    const last = await lastOf(asset);
    const now = clock.now();
    // Whole hours, so up to an hour more than the day is counted; what another process's faster clock wrote is counted, too.
    const recent = last.hours.filter(([hour]) => (hour + 1) * hourMs > now - windowMs);
    const spent = recent.reduce((sum, [, paid]) => sum + BigInt(paid), 0n);
    if (spent + amount > daily) refuse(asset, daily, 'in 24 hours');
    const thisHour = Math.floor(now / hourMs);
    const before = BigInt(recent.find(([hour]) => hour === thisHour)?.[1] ?? 0);
    const others = recent.filter(([hour]) => hour !== thisHour);
    return {
      turn: last.turn + 1,
      evidence: { payoutHours: [...others, [thisHour, String(before + amount)]] },
    };
  };
}
