import { expect } from 'chai';
import type { Settle, Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, useEscrowWorld } from '../escrowWorld.ts';
import * as acts from '../signedActs.ts';

const releaseAll = { toSeller: PRICE, toBuyer: 0n };
// EIP-7825: no transaction may have more gas.
const TRANSACTION_CAP = 2n ** 24n;
// The bound that a batch of the backend keeps to.
const USUAL_BATCH = 50;
// What 17,111 and 17,992 gas an item let into one transaction, the report with 1,200,000 to spare before the last item.
const ITEMS_OF_BATCH = 930;
const ITEMS_OF_REPORT = 850;

type Pair = readonly [Terms, Settle];

describe('MarketplaceEscrow batches near the transaction cap', () => {
  const world = useEscrowWorld();

  async function paid(count: number, pay: (terms: Terms) => Promise<unknown>): Promise<Pair[]> {
    const pairs: Pair[] = [];
    const validUntil = (await world().chain.now()) + DAY;
    for (let index = 0; index < count; index += 1) {
      const terms = await world().terms();
      await pay(terms);
      pairs.push([terms, { id: world().idOf(terms), seq: 0, ...releaseAll, validUntil }]);
    }
    return pairs;
  }
  /** Payments in the pool, all by one approval. */
  async function inPool(count: number): Promise<Pair[]> {
    const sum = BigInt(count) * PRICE;
    await world().mint(roles.buyer.address, sum);
    await world().send(world().token, roles.buyer, 'approve', [world().escrow.address, sum]);
    return paid(count, (terms) => world().act(roles.buyer, 'fund', [terms]));
  }
  async function settle(method: string, pairs: readonly Pair[]) {
    const [terms, settlements] = [pairs.map(([one]) => one), pairs.map(([, one]) => one)];
    const args = [terms, settlements, acts.signBatch(world(), settlements)];
    const data = world().escrow.abi.encodeFunctionData(method, args);
    return world().chain.send({ from: roles.stranger.address, to: world().escrow.address, data, gas: TRANSACTION_CAP });
  }
  /** What the seller got since, which tells how many payments were released: all are equal. */
  async function releasedSince(before: bigint): Promise<number> {
    return Number(((await world().balance(roles.seller.address)) - before) / (PRICE - PRICE / 100n));
  }

  it('C5: settles as many payments at once as fit under the cap, and a report too long for it undoes itself', async () => {
    const pairs = await inPool(ITEMS_OF_BATCH);
    const start = await world().chain.snapshot();
    const batch = await settle('settleBatch', pairs);
    expect(batch.gasUsed > (TRANSACTION_CAP * 9n) / 10n, `${batch.gasUsed}`).to.equal(true);
    expect(await releasedSince(0n)).to.equal(ITEMS_OF_BATCH);
    expect((await world().book()).owed).to.equal((await world().book()).fees);

    await world().chain.restore(start);
    await world().rejects(settle('settleBatchReport', pairs), 'Starved');
    expect((await world().book()).owed).to.equal(BigInt(ITEMS_OF_BATCH) * PRICE);
    const report = await settle('settleBatchReport', pairs.slice(0, ITEMS_OF_REPORT));
    expect(report.gasUsed > (TRANSACTION_CAP * 9n) / 10n, `${report.gasUsed}`).to.equal(true);
    expect(await releasedSince(0n)).to.equal(ITEMS_OF_REPORT);
  }).timeout(60_000);

  it('C5: settles fifty payments straight from their vaults in less than half the cap, in both variants', async () => {
    for (const method of ['settleBatch', 'settleBatchReport']) {
      const pairs = await paid(USUAL_BATCH, (terms) => world().payVault(terms));
      const before = await world().balance(roles.seller.address);
      const { gasUsed } = await settle(method, pairs);
      expect(gasUsed < TRANSACTION_CAP / 2n, `${gasUsed}`).to.equal(true);
      expect(await releasedSince(before)).to.equal(USUAL_BATCH);
    }
  });
});
