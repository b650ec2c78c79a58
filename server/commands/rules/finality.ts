import type { ChainHead } from '../../domain/evidence.ts';
import { ownAsset } from '../../domain/facts.ts';
import type { Arrival, Custody, PaymentState } from '../../domain/state.ts';
import type { ChainReader } from '../../ports/outside.ts';

/** Whether an arrival whose block was replaced is there again in a final one, with no less than was credited. */
async function isFinalElsewhere(chain: ChainReader, state: PaymentState, arrival: Arrival): Promise<boolean> {
  const { txHash, receiver, termsId, tokenAddress, amount } = arrival;
  const { network } = state.asset;
  const verdicts = await chain.proveTransfer(network, txHash, receiver, state.headBlock);
  const again = verdicts.flatMap((entry) => ('transfer' in entry && entry.final ? [entry.transfer] : []));
  const found = again.find((transfer) => transfer.tokenAddress === tokenAddress && transfer.amount >= amount);
  if (found === undefined || termsId === undefined) return found !== undefined;
  // What went to the escrow itself is this payment's when the contract says so.
  const events = await chain.escrowEvents(network, found.blockNumber, found.blockNumber);
  return events.some(
    (event) =>
      event.event === 'Funded' && event.txHash === txHash && event.termsId === termsId && event.amount >= amount,
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
