import type { ChainHead } from '../../domain/evidence.ts';
import { ownAsset } from '../../domain/facts.ts';
import type { Custody, PaymentState } from '../../domain/state.ts';
import type { ChainReader } from '../../ports/outside.ts';

/**
 * How much of what a custody received may still leave the chain again. An irreversible step is safe while this is not more than what
 * stays there as an excess: everything else is backed by final transfers, and dust sent in between cannot hold up anybody.
 */
export async function unfinalSum(
  chain: ChainReader,
  state: PaymentState,
  head: ChainHead,
  custody: Custody,
): Promise<bigint> {
  let sum = 0n;
  const hashes = new Map<number, string | null>();
  for (const arrival of state.arrivals) {
    if (arrival.reversed || arrival.custody !== custody || arrival.asset !== ownAsset(state)) continue;
    const { blockNumber, blockHash, amount } = arrival;
    if (blockNumber > head.finalized) {
      sum += amount;
      continue;
    }
    if (!hashes.has(blockNumber)) hashes.set(blockNumber, await chain.blockHash(state.asset.network, blockNumber));
    if (hashes.get(blockNumber) !== blockHash) sum += amount;
  }
  return sum;
}
