import type { ChainHead } from '../../domain/evidence.ts';
import { ownAsset } from '../../domain/facts.ts';
import type { Arrival, Custody, PaymentState } from '../../domain/state.ts';
import type { ChainReader } from '../../ports/outside.ts';

/** Whether an arrival whose block was replaced is there again in a final one, with no less than was credited. */
async function isFinalElsewhere(chain: ChainReader, state: PaymentState, arrival: Arrival): Promise<boolean> {
  const { txHash, receiver, termsId, tokenAddress, amount } = arrival;
  // The receiver of a pooled funding is the escrow, whose sums are not this payment's alone.
  if (termsId !== undefined) return false;
  const verdicts = await chain.proveTransfer(state.asset.network, txHash, receiver, state.headBlock);
  return verdicts.some(
    (entry) =>
      'transfer' in entry &&
      entry.final &&
      entry.transfer.tokenAddress === tokenAddress &&
      entry.transfer.amount >= amount,
  );
}

/**
 * How much of what a custody received may still leave the chain again. An irreversible step is safe while this is not more than what
 * stays there as an excess: everything else is backed by final transfers, and dust sent in between cannot hold up anybody. A credit stands when
 * its transfer was mined again elsewhere, so its own block may be gone for good.
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
    if (hashes.get(blockNumber) !== blockHash && !(await isFinalElsewhere(chain, state, arrival))) sum += amount;
  }
  return sum;
}
