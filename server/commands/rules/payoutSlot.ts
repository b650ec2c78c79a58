import { claim } from '../../domain/claim.ts';
import { isEnded } from '../../domain/payoutMachine.ts';
import type { ChainReader } from '../../ports/outside.ts';
import type { TransitionStore } from '../../ports.ts';
import { type PayoutView, payoutView } from './payoutView.ts';

/** Earlier payouts of the wallet that are compared with a new one; more cannot be unresolved without a person noticing. */
const compared = 20;

/** The slot a payout may claim, or why it has to wait. */
export type SlotAnswer = { readonly slot: number } | { readonly wait: 'wallet_busy' | 'same_payout_unresolved' };

/** Finds the wallet's next free slot: one payout in flight per hot wallet. */
export function createPayoutSlot(
  ports: { readonly chain: ChainReader; readonly store: TransitionStore },
  freeAfterMs: number,
) {
  const { chain, store } = ports;

  async function holderOf(network: string, wallet: string, slot: number): Promise<PayoutView | null> {
    const holder = await store.claimant(claim.slot(network, wallet, slot));
    const view = holder === null ? null : payoutView((await store.tail(holder.paymentId))?.state);
    // A payment whose forward died may have a new one by now; then this slot's payout has ended.
    return view?.machine.slot === slot && !isEnded(view.machine) ? view : null;
  }

  async function isMined({ asset, machine }: PayoutView): Promise<boolean> {
    if (machine.txHash === null) return false;
    const verdicts = await chain.proveTransfer(asset.network, machine.txHash, machine.destination, 0);
    return verdicts.some(({ verdict }) => verdict !== 'notFound' && verdict !== 'orphaned');
  }

  async function isFree(holder: PayoutView, now: number): Promise<boolean> {
    const { stage, postedAtMs } = holder.machine;
    if (stage === 'manual') return true;
    if (stage === 'broadcast') return isMined(holder);
    return now - (postedAtMs ?? now) > freeAfterMs;
  }

  return async function freeSlot(view: PayoutView, now: number): Promise<SlotAnswer> {
    const { network } = view.asset;
    const { wallet, destination, amount } = view.machine;
    const prefix = claim.slotPrefix(network, wallet);
    const highest = await store.highestClaim(prefix);
    const last = highest === null ? 0 : Number(highest.claim.slice(prefix.length));
    for (let slot = last; slot > Math.max(0, last - compared); slot -= 1) {
      const holder = await holderOf(network, wallet, slot);
      if (holder === null || holder.logId === view.logId) continue;
      if (slot === last && !(await isFree(holder, now))) return { wait: 'wallet_busy' };
      const same = holder.machine.destination === destination && holder.machine.amount === amount;
      if (same) return { wait: 'same_payout_unresolved' };
    }
    return { slot: last + 1 };
  };
}
