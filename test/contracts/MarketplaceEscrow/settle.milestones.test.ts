import { expect } from 'chai';
import { solidityPackedKeccak256 } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { type Item, PRICE, roles, SIGNER_ITEMS, STATUS, TAG, useEscrowWorld } from '../escrowWorld.ts';
import * as acts from '../signedActs.ts';

const MILESTONES = [PRICE / 2n, PRICE / 4n, PRICE / 4n];
const [FIRST, SECOND, THIRD] = [PRICE / 2n, PRICE / 4n, PRICE / 4n];
const buyer: Item = [TAG.buyer, roles.buyer];
const seller: Item = [TAG.seller, roles.seller];

/** What the terms commit to: the amounts as consecutive words. */
function hashOf(milestones: readonly bigint[]): string {
  return solidityPackedKeccak256(['uint256[]'], [milestones]);
}

for (const mode of ['pool', 'vault'] as const) {
  describe(`MarketplaceEscrow.settleMilestone, ${mode} mode`, () => {
    const world = useEscrowWorld();

    async function paid(milestones: readonly bigint[] = MILESTONES): Promise<Terms> {
      const terms = await world().terms({ milestonesHash: hashOf(milestones) });
      await world().pay(terms, mode);
      return terms;
    }
    async function step(
      terms: Terms,
      toSeller: bigint,
      milestones: readonly bigint[] = MILESTONES,
      items: readonly Item[] = SIGNER_ITEMS,
    ) {
      const settle = await world().settlement(terms, { toSeller, toBuyer: 0n });
      const args = [terms, settle, world().sign(settle, items), milestones];
      return world().act(roles.stranger, 'settleMilestone', args);
    }
    async function untouched(terms: Terms): Promise<void> {
      const { seq, released } = await world().payment(terms);
      expect([seq, released]).to.deep.equal([0n, 0n]);
      expect(await world().balance(terms.seller)).to.equal(0n);
    }

    it('A25: releases the milestones in order and closes by the last one', async () => {
      const terms = await paid();
      const names: string[][] = [];
      for (const amount of MILESTONES)
        names.push(
          world()
            .events(await step(terms, amount))
            .map(({ name }) => name),
        );
      const opening = mode === 'pool' ? ['Settled'] : ['Funded', 'Settled'];
      expect(names).to.deep.equal([opening, ['Settled'], ['Settled']]);
      expect(await world().balance(terms.seller)).to.equal(PRICE - PRICE / 100n);
      const { seq, released, status } = await world().payment(terms);
      expect([seq, released, status]).to.deep.equal([3n, PRICE, STATUS.closed]);
    });

    it('A25: reverts when a step is skipped, halved, repeated or taken together with the next', async () => {
      const terms = await paid();
      for (const amount of [SECOND, FIRST / 2n, FIRST - 1n, FIRST + 1n, FIRST + SECOND, PRICE]) {
        await world().rejects(step(terms, amount), 'BadMilestones');
      }
      await untouched(terms);
      await step(terms, FIRST);
      for (const amount of [FIRST, SECOND + THIRD, SECOND / 2n]) {
        await world().rejects(step(terms, amount), 'BadMilestones');
      }
      expect((await world().payment(terms)).released).to.equal(FIRST);
    });

    it('A25: reverts when another array is shown, though it has the same sum', async () => {
      const terms = await paid();
      for (const other of [[PRICE], [SECOND, FIRST, THIRD], [FIRST, SECOND + THIRD], [...MILESTONES, 0n], []]) {
        await world().rejects(step(terms, other[0] ?? 0n, other), 'BadMilestones');
      }
      const without = await world().terms();
      await world().pay(without, mode);
      await world().rejects(step(without, PRICE, [PRICE]), 'BadMilestones');
      await untouched(terms);
    });

    it('A25: reverts when the promised array has no entry, 33 entries, a zero or another sum', async () => {
      const many = Array.from({ length: 32 }, () => 1n);
      for (const bad of [
        [],
        [...many, PRICE - 32n],
        [FIRST, 0n, FIRST],
        [0n, PRICE],
        [FIRST, SECOND],
        [FIRST, SECOND, THIRD + 1n],
      ]) {
        const terms = await paid(bad);
        await world().rejects(step(terms, bad[0] ?? 0n, bad), 'BadMilestones');
        await untouched(terms);
      }
    });

    it('A25: reverts when the sum of the promised array wraps round to the amount', async () => {
      const wrapping = [2n ** 256n - 1n, PRICE + 1n];
      const terms = await paid(wrapping);
      await world().rejects(step(terms, PRICE, wrapping), 'Panic');
      await untouched(terms);
    });

    it('A25: takes 32 steps', async () => {
      const many = [...Array.from({ length: 31 }, () => 1n), PRICE - 31n];
      const terms = await paid(many);
      for (const amount of many) await step(terms, amount, many);
      const { seq, status } = await world().payment(terms);
      expect([seq, status]).to.deep.equal([32n, STATUS.closed]);
    });

    it('A25: reverts when a step gives anything back', async () => {
      const terms = await paid();
      const settle = await world().settlement(terms, { toSeller: FIRST, toBuyer: 1n });
      const args = [terms, settle, world().sign(settle), MILESTONES];
      await world().rejects(world().act(roles.stranger, 'settleMilestone', args), 'BadMilestones');
      await untouched(terms);
    });

    it('A25: reverts when any other settlement leaves a rest, a batch item included', async () => {
      const terms = await paid();
      const splits = [
        { toSeller: FIRST, toBuyer: 0n },
        { toSeller: 0n, toBuyer: 1n },
      ];
      for (const split of splits) {
        await world().rejects(world().settle(terms, split), 'BadMilestones');
        await world().rejects(world().settle(terms, split, [buyer, seller]), 'BadMilestones');
        const item = [terms, await world().settlement(terms, split)] as const;
        await world().rejects(acts.settleBatch(world(), 'settleBatch', [item]), 'BadMilestones');
        const [failed] = world().events(await acts.settleBatch(world(), 'settleBatchReport', [item]));
        expect(failed?.args.reason).to.equal(world().escrow.abi.getError('BadMilestones')?.selector);
      }
      await untouched(terms);
    });

    it('A25: closes between two steps by a settlement, a batch item, or one party alone', async () => {
      const rest = PRICE - FIRST;
      const closings: ((terms: Terms) => Promise<unknown>)[] = [
        (terms) => world().settle(terms, { toSeller: 1n, toBuyer: rest - 1n }),
        async (terms) => {
          const settle = await world().settlement(terms, { toSeller: 0n, toBuyer: rest });
          return acts.settleBatch(world(), 'settleBatch', [[terms, settle]]);
        },
        (terms) => world().settle(terms, { toSeller: rest, toBuyer: 0n }, [buyer]),
        (terms) => world().settle(terms, { toSeller: 0n, toBuyer: rest }, [seller]),
      ];
      for (const close of closings) {
        const terms = await paid();
        await step(terms, FIRST);
        await close(terms);
        expect((await world().payment(terms)).status).to.equal(STATUS.closed);
      }
    });

    it('A1: lets the buyer alone release exactly the next milestone, and the seller none', async () => {
      const terms = await paid();
      await world().rejects(step(terms, FIRST, MILESTONES, [seller]), 'NotAllowed');
      await world().rejects(world().settle(terms, { toSeller: FIRST, toBuyer: 0n }, [buyer]), 'NotAllowed');
      await step(terms, FIRST, MILESTONES, [buyer]);
      await step(terms, SECOND, MILESTONES, [buyer, seller]);
      await world().rejects(step(terms, THIRD, MILESTONES, [seller]), 'NotAllowed');
      await step(terms, THIRD, MILESTONES, [buyer]);
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
    });

    it('stops the admins while paused, and no step of the buyer', async () => {
      const terms = await paid();
      await world().act(roles.guardian, 'pause', []);
      await world().rejects(step(terms, FIRST), 'Paused');
      await step(terms, FIRST, MILESTONES, [buyer]);
      expect((await world().payment(terms)).released).to.equal(FIRST);
    });
  });
}
