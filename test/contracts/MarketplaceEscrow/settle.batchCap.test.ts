import { expect } from 'chai';
import type { Settle, Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, useEscrowWorld } from '../escrowWorld.ts';
import * as acts from '../signedActs.ts';

const releaseAll = { toSeller: PRICE, toBuyer: 0n };
// EIP-7825: no transaction may have more gas.
const TRANSACTION_CAP = 2n ** 24n;
// The bound that a batch of the backend keeps to.
const USUAL_BATCH = 50;
// At about 91,000 gas (before refunds) for an item that deploys its vault, and 1,200,000 to spare before the last one of a report.
const MOST_OF_BATCH = 178;
const MOST_OF_REPORT = 165;

type Pair = readonly [Terms, Settle];

describe('MarketplaceEscrow batches near the transaction cap', () => {
  const world = useEscrowWorld();

  async function paid(count: number, mode: 'pool' | 'vault' = 'vault'): Promise<Pair[]> {
    const pairs: Pair[] = [];
    const validUntil = (await world().chain.now()) + DAY;
    for (let index = 0; index < count; index += 1) {
      const terms = await world().terms();
      await world().pay(terms, mode);
      pairs.push([terms, { id: world().idOf(terms), seq: 0, ...releaseAll, validUntil }]);
    }
    return pairs;
  }
  async function settle(method: string, pairs: readonly Pair[]) {
    const [terms, settlements] = [pairs.map(([one]) => one), pairs.map(([, one]) => one)];
    const args = [terms, settlements, acts.signBatch(world(), settlements)];
    const data = world().escrow.abi.encodeFunctionData(method, args);
    return world().chain.send({ from: roles.stranger.address, to: world().escrow.address, data, gas: TRANSACTION_CAP });
  }
  /** How many payments were released, by what the seller got: all are equal. */
  async function released(): Promise<number> {
    return Number((await world().balance(roles.seller.address)) / (PRICE - PRICE / 100n));
  }

  it('C5: settles as many payments at once as fit under the cap, and a report too long for it undoes itself', async () => {
    const pairs = await paid(MOST_OF_BATCH);
    const start = await world().chain.snapshot();
    const batch = await settle('settleBatch', pairs);
    expect(batch.gasUsed > (TRANSACTION_CAP * 5n) / 6n, `${batch.gasUsed}`).to.equal(true);
    expect(await released()).to.equal(MOST_OF_BATCH);

    await world().chain.restore(start);
    await world().rejects(settle('settleBatchReport', pairs), 'Starved');
    expect(await released()).to.equal(0);
    const report = await settle('settleBatchReport', pairs.slice(0, MOST_OF_REPORT));
    expect(report.gasUsed > (TRANSACTION_CAP * 5n) / 6n, `${report.gasUsed}`).to.equal(true);
    expect(await released()).to.equal(MOST_OF_REPORT);
  });

  it('C5: settles fifty payments in less than half the cap, from either custody and in both variants', async () => {
    for (const mode of ['pool', 'vault'] as const) {
      for (const method of ['settleBatch', 'settleBatchReport']) {
        const before = await released();
        const { gasUsed } = await settle(method, await paid(USUAL_BATCH, mode));
        expect(gasUsed < TRANSACTION_CAP / 2n, `${gasUsed}`).to.equal(true);
        expect((await released()) - before).to.equal(USUAL_BATCH);
      }
    }
  });
});
