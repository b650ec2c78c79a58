import type { ChainReader, Network } from '../ports/outside.ts';
import type { ChainFact, Range } from './chainFacts.ts';
import type { Telling } from './chainTelling.ts';

/** Remembers settlements that were seen and not yet final. */
export interface SettlementSightings {
  /** Tells the payments whose seen settlement is no longer on the chain; answers how many. */
  compare(range: Range, facts: readonly ChainFact[]): Promise<number>;
}

const nameOf = ({ logId, blockHash }: ChainFact) => `${logId} ${blockHash}`;

/**
 * Creates the memory of one process. It forgets on a restart: then a sighting that a reorganisation takes away stays with its payment until the
 * settlement is booked or voided. No money follows a sighting, and a batch asks the chain whether it still stands.
 */
export function createSettlementSightings(network: Network, chain: ChainReader, telling: Telling): SettlementSightings {
  const sightings = new Map<string, ChainFact>();

  /** What became of a sighting; open while the chain is shorter than its block. */
  async function fateOf({ logId, blockNumber, blockHash, signal }: ChainFact): Promise<'open' | 'stands' | 'gone'> {
    const canonical = await chain.blockHash(network.name, blockNumber);
    if (canonical === null) return 'open';
    if (canonical === blockHash || signal.kind !== 'settlementSeen') return 'stands';
    await telling.tellNow(logId, { kind: 'settlementOrphaned', txHash: signal.fact.txHash });
    return 'gone';
  }

  return {
    compare: async (range, facts) => {
      let gone = 0;
      const seen = facts.filter(({ signal: { kind } }) => kind === 'settlementSeen' || kind === 'settlementConfirmed');
      const present = new Set(seen.map(nameOf));
      for (const [name, fact] of sightings) {
        if (present.has(name) || fact.blockNumber > range.to) continue;
        const fate = await fateOf(fact);
        if (fate !== 'open') sightings.delete(name);
        if (fate === 'gone') gone += 1;
      }
      for (const fact of seen) if (fact.signal.kind === 'settlementSeen') sightings.set(nameOf(fact), fact);
      return gone;
    },
  };
}
