import { expect } from 'chai';
import { type Pair, paidPairs, selectorOf } from '../batches.ts';
import type { Settle, Terms } from '../escrowTerms.ts';
import { PRICE, roles, useEscrowWorld } from '../escrowWorld.ts';
import { MODES } from '../lifeStages.ts';
import { RELEASE } from '../payouts.ts';
import * as acts from '../signedActs.ts';

const FEE = PRICE / 100n;
const ITEM_RESERVE = 1_200_000n;
const FAILS_WITHOUT_REASON = '0x00000000';

/** Each way to spoil one item, and the error that names it. */
const SPOILT: readonly (readonly [string, Partial<Settle>])[] = [
  ['WrongSeq', { seq: 1 }],
  ['Expired', { validUntil: 0 }],
  ['WrongAmount', { toSeller: PRICE + 1n }],
  ['WrongAmount', { toSeller: 0n }],
];

for (const mode of MODES) {
  describe(`MarketplaceEscrow batches with a bad item, ${mode} mode`, () => {
    const world = useEscrowWorld();

    const paid = (count: number) => paidPairs(world(), mode, count);
    function spoil(pairs: readonly Pair[], at: number, changes: Partial<Settle>): Pair[] {
      return pairs.map(([terms, settle], index) => [terms, index === at ? { ...settle, ...changes } : settle]);
    }
    const selector = (error: string) => selectorOf(world(), error);

    it('C4: undoes everything when one item of settleBatch is bad, wherever it stands', async () => {
      const pairs = await paid(3);
      for (const [error, changes] of SPOILT) {
        for (const at of [0, 1, 2]) {
          await world().rejects(acts.settleBatch(world(), 'settleBatch', spoil(pairs, at, changes)), error);
        }
      }
      expect(await world().balance(roles.seller.address)).to.equal(0n);
      for (const [terms] of pairs) expect((await world().payment(terms)).seq).to.equal(0n);
    });

    it('C4: settles all but the bad item in settleBatchReport and says why it failed', async () => {
      for (const [error, changes] of SPOILT) {
        for (const at of [0, 1, 2]) {
          const snapshot = await world().chain.snapshot();
          const pairs = await paid(3);
          const receipt = await acts.settleBatch(world(), 'settleBatchReport', spoil(pairs, at, changes));
          const failed = world()
            .events(receipt)
            .filter(({ name }) => name === 'ItemFailed');
          const bad = pairs[at]?.[0];
          if (bad === undefined) throw new Error('no such item');
          expect(failed.map(({ args }) => args.toArray())).to.deep.equal([
            [world().idOf(bad), BigInt(at), selector(error)],
          ]);
          expect(await world().balance(roles.seller.address)).to.equal(2n * (PRICE - FEE));
          await world().chain.restore(snapshot);
        }
      }
    });

    it('C4: leaves nothing behind of an item that failed', async () => {
      const pairs = await paid(1);
      const bad = pairs[0]?.[0];
      if (bad === undefined) throw new Error('no such item');
      const [payment, book, vault] = [await world().payment(bad), await world().book(), await world().vaultOf(bad)];
      const held = await world().balance(vault);
      await acts.settleBatch(world(), 'settleBatchReport', spoil(pairs, 0, { toSeller: PRICE + 1n }));
      expect(await world().payment(bad)).to.deep.equal(payment);
      expect(await world().book()).to.deep.equal(book);
      expect(await world().balance(vault)).to.equal(held);
      expect(await world().chain.codeAt(vault)).to.equal('0x');
    });

    it('C4: reports a closed payment, an empty vault and a token without code each by its reason', async () => {
      const [[closed], [nobody]] = (await paid(2)) as [Pair, Pair];
      await world().settle(closed, RELEASE);
      const empty = await world().terms();
      const noToken = await world().terms({ token: roles.stranger.address });
      const batch: Pair[] = [];
      for (const terms of [closed, empty, noToken, nobody]) {
        batch.push([terms, await world().settlement(terms, RELEASE)]);
      }
      const events = world().events(await acts.settleBatch(world(), 'settleBatchReport', batch));
      expect(events.slice(0, 3).map(({ args }) => args.reason)).to.deep.equal([
        selector('WrongStatus'),
        selector('VaultShort'),
        FAILS_WITHOUT_REASON,
      ]);
      expect(events.slice(3).map(({ name }) => name)).to.deep.equal(['Settled']);
    });

    it('A27: reverts a report whole when less than 1,200,000 gas is left before an item', async () => {
      const pairs = await paid(2);
      const signatures = acts.signBatch(
        world(),
        pairs.map(([, settle]) => settle),
      );
      const data = world().escrow.abi.encodeFunctionData('settleBatchReport', [
        pairs.map(([terms]) => terms),
        pairs.map(([, settle]) => settle),
        signatures,
      ]);
      const call = { from: roles.stranger.address, to: world().escrow.address, data };
      const enough = await gasNeeded(call);
      // Both sides of the limit: what is left before the second item decides.
      await world().rejects(world().chain.send({ ...call, gas: enough - 1n }), 'Starved');
      expect((await world().payment(pairs[0]?.[0] as Terms)).seq).to.equal(0n);
      const receipt = await world().chain.send({ ...call, gas: enough });
      expect(world().events(receipt)).to.have.lengthOf(2);
      expect(
        world()
          .events(receipt)
          .every(({ name }) => name === 'Settled'),
      ).to.equal(true);
      expect(enough > ITEM_RESERVE && receipt.gasUsed < ITEM_RESERVE).to.equal(true);
    });

    /** The least gas limit at which a call succeeds. */
    async function gasNeeded(call: { from: string; to: string; data: string }): Promise<bigint> {
      let [low, high] = [ITEM_RESERVE, 2n * ITEM_RESERVE];
      while (high - low > 1n) {
        const gas = (low + high) / 2n;
        const done = await world()
          .chain.call({ ...call, gas })
          .then(
            () => true,
            () => false,
          );
        if (done) high = gas;
        else low = gas;
      }
      return high;
    }
  });
}
