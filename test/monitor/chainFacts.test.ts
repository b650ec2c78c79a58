import { expect } from 'chai';
import type { EscrowEvent } from '../../server/domain/evidence.ts';
import { type FactSources, readFacts } from '../../server/monitor/chainFacts.ts';
import type { ChainReader, Network } from '../../server/ports/outside.ts';
import * as f from '../domain/factories.ts';
import { memoryWatches } from './chainBooks.ts';

const network = { name: 'bsc', chainId: f.asset.chainId, escrow: f.addresses.escrow, tokens: [] } as unknown as Network;

describe('chainFacts', () => {
  /** The facts of one block with these events in it. */
  async function factsOf(events: readonly EscrowEvent[], finalized: number) {
    const watches = memoryWatches();
    await watches.upsert({
      ...{ paymentId: 'payment', chainId: network.chainId, termsId: f.termsId, fromBlock: 1_000, addresses: [] },
      ...{ hotWallet: f.addresses.hotWallet, untilMs: f.startMs + f.dayMs },
    });
    const chain = { escrowEvents: async () => events, transfersTo: async () => [] } as unknown as ChainReader;
    const sources: FactSources = { network, chain, watches, marketplaceId: 'main' };
    const head = { number: 1_100, hash: f.txHash(1_100), timeMs: f.startMs, confirmed: 1_100, finalized };
    return (await readFacts(sources, { from: 1_100, to: 1_100, head, nowMs: f.startMs })).facts;
  }

  it('tells a shortfall of a vault to its payment, once it is final', async () => {
    const event: EscrowEvent = { event: 'Shortfall', movement: f.movement(30n) };
    expect(await factsOf([event], 1_099)).to.deep.equal([]);
    const [fact, ...more] = await factsOf([event], 1_100);
    expect(more).to.deep.equal([]);
    expect(fact?.logId).to.equal('payment');
    expect(fact?.signal).to.deep.equal({ kind: 'shortfall', movement: event.movement });
  });
});
