import type { Arrival, PaymentState } from '../../domain/state.ts';
import type { ChainHead, ChainReader } from '../../ports.ts';

/** The arrivals an irreversible step rests on: everything credited and not taken back. */
const standing = (state: PaymentState): Arrival[] => state.arrivals.filter((arrival) => !arrival.reversed);

/** Whether every credited transfer lies in a finalized block that is still part of the chain (escrow-contract.md §1.10). */
export async function arrivalsFinal(chain: ChainReader, state: PaymentState, head: ChainHead): Promise<boolean> {
  const blocks = new Map<number, Set<string>>();
  for (const { blockNumber, blockHash } of standing(state)) {
    blocks.set(blockNumber, (blocks.get(blockNumber) ?? new Set()).add(blockHash));
  }
  for (const [blockNumber, hashes] of blocks) {
    if (blockNumber > head.finalized) return false;
    const canonical = await chain.blockHash(state.asset.network, blockNumber);
    if (hashes.size !== 1 || canonical === null || !hashes.has(canonical)) return false;
  }
  return true;
}
