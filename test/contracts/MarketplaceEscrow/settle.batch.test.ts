import { expect } from 'chai';
import { type Pair, paidPairs, selectorOf } from '../batches.ts';
import { type Item, PRICE, roles, SIGNER_ITEMS, STATUS, TAG, useEscrowWorld } from '../escrowWorld.ts';
import { MODES } from '../lifeStages.ts';
import { RELEASE } from '../payouts.ts';
import * as acts from '../signedActs.ts';

const FEE = PRICE / 100n;
const METHODS = ['settleBatch', 'settleBatchReport'] as const;
const buyer: Item = [TAG.buyer, roles.buyer];
const seller: Item = [TAG.seller, roles.seller];

for (const mode of MODES) {
  describe(`MarketplaceEscrow batches, ${mode} mode`, () => {
    const world = useEscrowWorld();

    const paid = (count: number) => paidPairs(world(), mode, count);
    async function statuses(pairs: readonly Pair[]): Promise<bigint[]> {
      return Promise.all(pairs.map(async ([terms]) => (await world().payment(terms)).status));
    }
    const selector = (error: string) => selectorOf(world(), error);
    const before = mode === 'pool' ? STATUS.funded : STATUS.none;

    it('settles every item by one signature of the admins, in both variants', async () => {
      for (const method of METHODS) {
        const pairs = await paid(3);
        const before = await world().balance(roles.seller.address);
        const events = world().events(await acts.settleBatch(world(), method, pairs));
        expect(events.map(({ name }) => name)).to.deep.equal(['Settled', 'Settled', 'Settled']);
        expect(events.map(({ args }) => args.id)).to.deep.equal(pairs.map(([terms]) => world().idOf(terms)));
        expect((await world().balance(roles.seller.address)) - before).to.equal(3n * (PRICE - FEE));
      }
    });

    it('A27: reverts when a batch is empty or its lists differ in length', async () => {
      const [one, two] = (await paid(2)) as [Pair, Pair];
      const settlements = [one[1], two[1]];
      const signatures = acts.signBatch(world(), settlements);
      for (const method of METHODS) {
        await world().rejects(acts.settleBatch(world(), method, []), 'BadBatch');
        for (const args of [
          [[one[0]], settlements, signatures],
          [[one[0], two[0]], [one[1]], acts.signBatch(world(), [one[1]])],
          [[], [one[1]], acts.signBatch(world(), [one[1]])],
        ]) {
          await world().rejects(world().act(roles.stranger, method, args), 'BadBatch');
        }
      }
      expect(await statuses([one, two])).to.deep.equal([before, before]);
    });

    it('A27: reverts for signatures of the parties, alone or beside the admins', async () => {
      const pairs = await paid(1);
      const sets = [[buyer], [seller], [buyer, seller], [...SIGNER_ITEMS, buyer], SIGNER_ITEMS.slice(0, 1)];
      for (const method of METHODS) {
        for (const items of sets) {
          await world().rejects(acts.settleBatch(world(), method, pairs, items), 'BadSignature');
        }
        await world().rejects(
          world().act(roles.signers[0], method, [[pairs[0]?.[0]], [pairs[0]?.[1]], '0x']),
          'NotAllowed',
        );
      }
      expect(await statuses(pairs)).to.deep.equal([before]);
    });

    it('A27: reverts when a single settlement is shown under the signatures of a batch, and the reverse', async () => {
      const [terms, settle] = (await paid(1))[0] as Pair;
      const ofBatch = acts.signBatch(world(), [settle]);
      await world().rejects(world().act(roles.stranger, 'settle', [terms, settle, ofBatch]), 'BadSignature');
      const alone = [[terms], [settle], world().sign(settle)];
      for (const method of METHODS) {
        await world().rejects(world().act(roles.stranger, method, alone), 'BadSignature');
      }
    });

    it('A27: reverts when an item is changed, left out, added or moved after signing', async () => {
      const [one, two] = (await paid(2)) as [Pair, Pair];
      const signatures = acts.signBatch(world(), [one[1], two[1]]);
      const cheaper = { ...two[1], toSeller: PRICE - 1n };
      for (const method of METHODS) {
        for (const [terms, settlements] of [
          [[one[0]], [one[1]]],
          [
            [two[0], one[0]],
            [two[1], one[1]],
          ],
          [
            [one[0], two[0]],
            [one[1], cheaper],
          ],
          [
            [one[0], two[0], two[0]],
            [one[1], two[1], two[1]],
          ],
        ]) {
          await world().rejects(world().act(roles.stranger, method, [terms, settlements, signatures]), 'BadSignature');
        }
      }
    });

    it('A27: reverts when anybody but the escrow calls settleItem', async () => {
      const [terms, settle] = (await paid(1))[0] as Pair;
      for (const from of [roles.stranger, roles.signers[0], roles.guardian, roles.buyer, roles.seller]) {
        await world().rejects(world().act(from, 'settleItem', [terms, settle, world().idOf(terms)]), 'NotAllowed');
      }
    });

    it('A27: takes the same id twice in the order of its seq, and not otherwise', async () => {
      for (const method of METHODS) {
        const terms = await world().terms();
        await world().pay(terms, mode);
        const first = await world().settlement(terms, { toSeller: 1n, toBuyer: 0n, seq: 0 });
        const last = await world().settlement(terms, { toSeller: PRICE - 1n, toBuyer: 0n, seq: 1 });
        const turned: Pair[] = [
          [terms, last],
          [terms, first],
        ];
        if (method === 'settleBatch') {
          await world().rejects(acts.settleBatch(world(), method, turned), 'WrongSeq');
          await acts.settleBatch(world(), method, turned.toReversed());
        } else {
          // The first fails, the second is then the right one.
          const events = world().events(await acts.settleBatch(world(), method, turned));
          expect(events.map(({ name }) => name).at(0)).to.equal('ItemFailed');
          expect((await world().payment(terms)).seq).to.equal(1n);
          const again = world().events(await acts.settleBatch(world(), method, turned));
          expect(again.map(({ name }) => name)).to.deep.equal(['Settled', 'ItemFailed']);
        }
        const { seq, status } = await world().payment(terms);
        expect([seq, status]).to.deep.equal([2n, STATUS.closed]);
      }
    });

    it('A27: lets a second broadcast of a report settle what the first one left, and nothing twice', async () => {
      const [done, short] = [await world().terms(), await world().terms()];
      await world().pay(done, mode);
      const pairs: Pair[] = [
        [done, await world().settlement(done, RELEASE)],
        [short, await world().settlement(short, RELEASE)],
      ];
      const first = world().events(await acts.settleBatch(world(), 'settleBatchReport', pairs));
      expect(first.map(({ name }) => name)).to.deep.equal(['Settled', 'ItemFailed']);
      expect(first[1]?.args.toArray()).to.deep.equal([world().idOf(short), 1n, selector('VaultShort')]);
      await world().pay(short, mode);
      const second = world().events(await acts.settleBatch(world(), 'settleBatchReport', pairs));
      expect(second.map(({ name }) => name)).to.deep.equal(['ItemFailed', 'Settled']);
      expect(second[0]?.args.toArray()).to.deep.equal([world().idOf(done), 0n, selector('WrongSeq')]);
      expect(await world().balance(roles.seller.address)).to.equal(2n * (PRICE - FEE));
    });

    it('stops both batches while paused', async () => {
      const pairs = await paid(1);
      await world().act(roles.guardian, 'pause', []);
      for (const method of METHODS) {
        await world().rejects(acts.settleBatch(world(), method, pairs), 'Paused');
      }
      expect(await statuses(pairs)).to.deep.equal([before]);
    });
  });
}
