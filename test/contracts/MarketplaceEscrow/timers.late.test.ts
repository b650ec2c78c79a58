import { expect } from 'chai';
import { keccak256, toBeHex } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import {
  DAY,
  type EscrowWorld,
  type Item,
  PRICE,
  roles,
  STATUS,
  TAG,
  useEscrowWorld,
  ZERO_ADDRESS,
} from '../escrowWorld.ts';
import { MODES, PART, paid } from '../lifeStages.ts';
import { moneyOf, plainAccount } from '../payouts.ts';
import { reportedOf } from '../reported.ts';
import { settleBatch } from '../signedActs.ts';

const { buyer, seller, signers, stranger } = roles;
const BOTH: Item[] = [
  [TAG.buyer, buyer],
  [TAG.seller, seller],
];
const SPLIT = { toSeller: PART, toBuyer: 2n * PART };
const REST = PRICE - 3n * PART;
const FEE = PART / 100n;

/** A block at that second, so that what is signed from then on counts from it. */
async function later(world: EscrowWorld, second: number): Promise<void> {
  await world.chain.setNextTime(second);
  await world.chain.send({ from: stranger.address, to: stranger.address });
}

for (const mode of MODES) {
  describe(`MarketplaceEscrow, a partial settlement after deliverBy, ${mode} mode`, () => {
    const world = useEscrowWorld();

    /** A paid payment nobody marked, in the second after deliverBy. */
    async function late(changes: Partial<Terms> = {}): Promise<Terms> {
      const terms = await paid(world(), mode, { refundTo: plainAccount(1), seller: seller.address, ...changes });
      await later(world(), terms.deliverBy + 1);
      return terms;
    }
    const opened = mode === 'vault' ? [['Funded', PRICE, 2n]] : [];

    it('T6: leaves the payment Funded, so that anybody can reclaim the rest at once', async () => {
      for (const token of [world().token.address, ZERO_ADDRESS]) {
        for (const items of [undefined, BOTH]) {
          const snapshot = await world().chain.snapshot();
          const terms = await late({ token });
          const receipt = await world().settle(terms, SPLIT, items);
          expect(reportedOf(world(), receipt)).to.deep.equal([...opened, ['Settled', 0n, PART, 2n * PART, FEE]]);
          const { status, clock, inVault, seq } = await world().payment(terms);
          expect([status, clock, inVault, seq]).to.deep.equal([STATUS.funded, 0n, mode === 'vault', 1n]);
          const before = await moneyOf(world(), terms);
          // The very next second: there is no new deadline.
          await world().chain.setNextTime((await world().chain.now()) + 1);
          const reclaim = await world().act(stranger, 'reclaim', [terms]);
          expect(reportedOf(world(), reclaim)).to.deep.equal([['Settled', 1n, 0n, REST, 0n]]);
          const after = await moneyOf(world(), terms);
          expect(after).to.include({ status: STATUS.closed, remaining: 0n, vault: 0n, refundTo: REST + 2n * PART });
          expect(after.seller - before.seller).to.equal(0n);
          expect(after.owed).to.equal(after.fees);
          await world().chain.restore(snapshot);
        }
      }
    });

    it('T6: opens neither the mark nor the freeze again, nor the recovery of what remains', async () => {
      const terms = await late();
      await world().settle(terms, SPLIT);
      await world().rejects(world().act(seller, 'markDelivered', [terms]), 'TooLate');
      for (const from of [buyer, signers[0]]) await world().rejects(world().act(from, 'freeze', [terms]), 'TooLate');
      for (const from of [stranger, seller, signers[0]]) {
        await world().rejects(world().act(from, 'recover', [terms, terms.token]), 'Nothing');
      }
      for (const timer of ['claim', 'forceResolve']) {
        await world().rejects(world().act(stranger, timer, [terms]), 'WrongStatus');
      }
    });

    it('T6: goes on with the next part while nobody reclaims', async () => {
      const terms = await late();
      await world().settle(terms, SPLIT);
      await world().settle(terms, { toSeller: REST, toBuyer: 0n });
      expect(await moneyOf(world(), terms)).to.include({ status: STATUS.closed, released: PART + REST, vault: 0n });
    });

    it('T6: holds for a batch item, for each variant of a batch and for a milestone', async () => {
      for (const verb of ['settleBatch', 'settleBatchReport'] as const) {
        const snapshot = await world().chain.snapshot();
        const terms = await late();
        await settleBatch(world(), verb, [[terms, await world().settlement(terms, SPLIT)]]);
        expect((await world().payment(terms)).status).to.equal(STATUS.funded);
        await world().act(stranger, 'reclaim', [terms]);
        expect((await moneyOf(world(), terms)).refundTo).to.equal(REST + 2n * PART);
        await world().chain.restore(snapshot);
      }
      const steps = [PART, PRICE - PART];
      const milestonesHash = keccak256(`0x${steps.map((step) => toBeHex(step, 32).slice(2)).join('')}`);
      const terms = await late({ milestonesHash });
      const step = await world().settlement(terms, { toSeller: PART, toBuyer: 0n });
      await world().act(stranger, 'settleMilestone', [terms, step, world().sign(step), steps]);
      expect((await world().payment(terms)).status).to.equal(STATUS.funded);
      await world().act(stranger, 'reclaim', [terms]);
      expect(await moneyOf(world(), terms)).to.include({ refundTo: PRICE - PART, released: PART });
    });
  });
}

describe('MarketplaceEscrow, a vault that nobody opened by deliverBy', () => {
  const world = useEscrowWorld();

  it('T6: ends with whichever comes first, a settlement that opens it or the recovery of everything', async () => {
    for (const first of ['settle', 'recover'] as const) {
      const snapshot = await world().chain.snapshot();
      const terms = await paid(world(), 'vault');
      await later(world(), terms.deliverBy + 30 * DAY);
      await world().rejects(world().act(stranger, 'reclaim', [terms]), 'WrongStatus');
      if (first === 'settle') {
        await world().settle(terms, SPLIT);
        await world().rejects(world().act(stranger, 'recover', [terms, terms.token]), 'Nothing');
        await world().act(stranger, 'reclaim', [terms]);
        expect(await moneyOf(world(), terms)).to.include({ refundTo: REST + 2n * PART, seller: PART - FEE });
      } else {
        await world().act(stranger, 'recover', [terms, terms.token]);
        await world().rejects(world().settle(terms, SPLIT), 'WrongStatus');
        await world().rejects(world().act(stranger, 'reclaim', [terms]), 'WrongStatus');
        expect(await moneyOf(world(), terms)).to.include({ refundTo: PRICE, seller: 0n });
      }
      await world().chain.restore(snapshot);
    }
  });
});
