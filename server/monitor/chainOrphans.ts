import { arrivalKey } from '../domain/claim.ts';
import type { Signal } from '../domain/signal.ts';
import type { Arrival, Transfer } from '../domain/state.ts';
import type { ChainReader, Network } from '../ports/outside.ts';
import type { ArrivalBlock, Logger, Queries } from '../ports.ts';
import type { Range } from './chainFacts.ts';

export interface OrphanSources {
  readonly network: Network;
  readonly chain: ChainReader;
  readonly queries: Queries;
  readonly logger: Logger;
}

/** Credits whose transaction left the chain, and up to which block the cursor may go meanwhile. */
export interface Orphans {
  readonly found: readonly { readonly logId: string; readonly signal: Signal }[];
  /** Some credit stands on a block whose fate is open: the cursor stays below it, so that it is looked at again. */
  readonly holdBelow: number;
}

// Credits between finality and the head: minutes of payments, not days.
const arrivalsAtOnce = 5_000;

type Fate = 'stands' | 'open' | 'gone';

/**
 * What became of a credit that the scan did not show as it was booked. A receipt that no node has is no proof; only
 * another block at its height is.
 */
async function fateOf(sources: OrphanSources, arrival: Arrival): Promise<Fate> {
  const { chain, network } = sources;
  const canonical = await chain.blockHash(network.name, arrival.blockNumber);
  if (canonical === null) return 'open';
  // The block stands, so the scan left it out for another reason: its watch has ended.
  if (canonical === arrival.blockHash) return 'stands';
  if (arrival.termsId !== undefined) return 'gone';
  const verdicts = await chain.proveTransfer(network.name, arrival.txHash, arrival.receiver, 0);
  const again = verdicts.some(
    (entry) =>
      'transfer' in entry &&
      entry.transfer.tokenAddress === arrival.tokenAddress &&
      entry.transfer.amount === arrival.amount,
  );
  return again ? 'open' : 'gone';
}

async function look(
  sources: OrphanSources,
  range: Range,
  arrival: Arrival,
  sighted: ReadonlyMap<string, Transfer>,
): Promise<Fate> {
  const sight = sighted.get(arrivalKey(arrival));
  if (sight?.amount !== arrival.amount) return fateOf(sources, arrival);
  // Mined again elsewhere: the credit stands, but not yet on a final block.
  return sight.blockHash === arrival.blockHash || sight.blockNumber <= range.head.finalized ? 'stands' : 'open';
}

/** Blocks of this look with credits of a payment that only a newer version of the server can look at. */
function openBlocksOf(blocks: readonly ArrivalBlock[], { from, to }: Range, network: Network): number[] {
  const own = blocks.filter(({ chainId }) => chainId === network.chainId).map(({ blockNumber }) => blockNumber);
  return own.filter((blockNumber) => blockNumber >= from && blockNumber <= to);
}

/** Looks at every credit above the cursor again. */
export async function findOrphans(
  sources: OrphanSources,
  range: Range,
  sighted: ReadonlyMap<string, Transfer>,
): Promise<Orphans> {
  const { network, queries, logger } = sources;
  const payments = await queries.arrivalsAbove(network.chainId, range.from - 1, arrivalsAtOnce);
  if (payments.length === arrivalsAtOnce)
    logger.error({ network: network.name }, 'too many unsettled credits to check');
  const found: Orphans['found'][number][] = [];
  let holdBelow = Number.POSITIVE_INFINITY;
  for (const payment of payments) {
    const { paymentId, state } = payment;
    if (state === null) {
      holdBelow = Math.min(holdBelow, ...openBlocksOf(payment.arrivalBlocks, range, network));
      continue;
    }
    for (const arrival of state.arrivals) {
      const { blockNumber, chainId, epoch, reversed } = arrival;
      if (reversed || chainId !== network.chainId || blockNumber < range.from || blockNumber > range.to) continue;
      const fate = await look(sources, range, arrival, sighted);
      if (fate === 'open') holdBelow = Math.min(holdBelow, blockNumber);
      if (fate !== 'gone') continue;
      logger.warn({ paymentId, txHash: arrival.txHash, blockNumber }, 'a credited transfer left the chain');
      found.push({ logId: paymentId, signal: { kind: 'transferOrphaned', arrivalKey: arrivalKey(arrival), epoch } });
    }
  }
  return { found, holdBelow };
}
