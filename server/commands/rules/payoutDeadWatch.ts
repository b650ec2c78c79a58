import { claim } from '../../domain/claim.ts';
import type { Transfer } from '../../domain/state.ts';
import type { ChainReader } from '../../ports/outside.ts';
import type { Clock, TransitionStore } from '../../ports.ts';
import type { NextLook, PayoutCourse } from './payoutCourse.ts';
import type { PayoutPolicy } from './payoutPolicy.ts';
import { createPayoutSearch } from './payoutSearch.ts';
import { type PayoutView, payoutView, successOf } from './payoutView.ts';

/** How long after its call a dead payout is watched: far beyond any queue that an operator would let stand. */
const watchedMs = 30 * 24 * 3_600_000;

/** Keeps looking for a payout that a person called dead: one that was sent after all is booked and sounds the alarm. */
export function createPayoutDeadWatch(
  ports: { readonly chain: ChainReader; readonly store: TransitionStore; readonly clock: Clock },
  policy: PayoutPolicy,
  course: PayoutCourse,
) {
  const { chain, clock, store } = ports;
  const search = createPayoutSearch(ports);

  /** Whether a later payout of the wallet, equal in amount and destination, may have sent this transfer. */
  async function isAnothers({ asset, logId, machine }: PayoutView, transfer: Transfer): Promise<boolean> {
    const prefix = claim.slotPrefix(asset.network, machine.wallet);
    const highest = await store.highestClaim(prefix);
    const last = highest === null ? 0 : Number(highest.claim.slice(prefix.length));
    for (let slot = last; slot > (machine.slot ?? 0); slot -= 1) {
      const holder = await store.claimant(claim.slot(asset.network, machine.wallet, slot));
      if (holder === null || holder.paymentId === logId) continue;
      const other = payoutView((await store.tail(holder.paymentId))?.state)?.machine;
      if (other?.destination !== machine.destination || other.amount !== machine.amount) continue;
      // One that has ended well names its transaction before the payment it pays out of has claimed it.
      const ended = other.stage === 'dead' || (other.stage === 'confirmed' && other.txHash !== transfer.txHash);
      if (!ended) return true;
    }
    return false;
  }

  return async function watchDead(view: PayoutView): Promise<NextLook> {
    const { postedAtMs, stage } = view.machine;
    // What comes into a vault is the monitor's to see; it books a dead forward's money as a surplus.
    const watched = stage === 'dead' && view.source !== null && postedAtMs !== null;
    if (!watched || clock.now() - postedAtMs > watchedMs) return { nextAtMs: null };
    const found = await search(view);
    const { finalized } = await chain.head(view.asset.network);
    if (found && found.blockNumber <= finalized && !(await isAnothers(view, found))) {
      const { outcome } = await course.observe(view, successOf(view, found));
      if (outcome === 'changed') return { nextAtMs: null };
    }
    return { nextAtMs: clock.now() + policy.slowAskMs };
  };
}
