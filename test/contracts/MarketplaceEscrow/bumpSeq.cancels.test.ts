import { expect } from 'chai';
import { concat, keccak256, toBeHex } from 'ethers';
import type { Settle, Terms } from '../escrowTerms.ts';
import { DAY, type Item, PRICE, roles, STATUS, TAG, useEscrowWorld } from '../escrowWorld.ts';
import { delivered, frozen, funded, MODES, type Mode, paid } from '../lifeStages.ts';
import { moneyOf } from '../payouts.ts';
import { reported } from '../reported.ts';
import { signBatch } from '../signedActs.ts';

const { signers, stranger } = roles;
const BUMPS = 7;
const FEE = PRICE / 100n;
const HALF = PRICE / 2n;
const STEPS = [HALF, HALF];
const BUYER: Item = [TAG.buyer, roles.buyer];
const SELLER: Item = [TAG.seller, roles.seller];
/** What ends each timer: all to refundTo, all to the seller, half of each. */
const ENDS = { reclaim: [0n, PRICE], claim: [PRICE, 0n], forceResolve: [HALF, HALF] } as const;
type Timer = keyof typeof ENDS;

for (const mode of MODES) {
  describe(`MarketplaceEscrow.bumpSeq, what it cancels and what not, ${mode} mode`, () => {
    const world = useEscrowWorld();

    const bump = (terms: Terms, signer = signers[0]) => world().act(signer, 'bumpSeq', [world().idOf(terms)]);
    const send = (terms: Terms, settle: Settle, signatures: string) =>
      world().act(stranger, 'settle', [terms, settle, signatures]);

    it('S9: cancels every outstanding payload, whoever signed it, in every status but Closed', async () => {
      const stages = [
        await paid(world(), mode),
        await funded(world(), mode),
        (await delivered(world(), mode)).terms,
        (await frozen(world(), mode)).terms,
      ];
      for (const terms of stages) {
        const before = await world().payment(terms);
        const all = before.remaining === 0n ? PRICE : before.remaining;
        const outstanding: [settle: Settle, signatures: string][] = [];
        for (const [split, items] of [
          [{ toSeller: all, toBuyer: 0n }, undefined],
          [{ toSeller: all, toBuyer: 0n }, [BUYER]],
          [{ toSeller: 0n, toBuyer: all }, [SELLER]],
          [{ toSeller: 1n, toBuyer: 1n }, [BUYER, SELLER]],
        ] as const) {
          const settle = await world().settlement(terms, split);
          outstanding.push([settle, world().sign(settle, items)]);
        }
        const [batched] = outstanding[0] ?? [];
        if (batched === undefined) throw new Error('no payload');
        const batch = [[terms], [batched], signBatch(world(), [batched])];
        const money = await moneyOf(world(), terms);

        const receipt = await bump(terms);
        expect(reported(world(), receipt)).to.deep.equal([['SeqBumped', world().idOf(terms), before.seq + 1n]]);
        expect(await world().payment(terms)).to.deep.equal({ ...before, seq: before.seq + 1n, bumps: 1n });
        for (const [settle, signatures] of outstanding) {
          await world().rejects(send(terms, settle, signatures), 'WrongSeq');
        }
        await world().rejects(world().act(stranger, 'settleBatch', batch), 'WrongSeq');
        const [failed] = reported(world(), await world().act(stranger, 'settleBatchReport', batch));
        const reason = world().escrow.abi.getError('WrongSeq')?.selector;
        expect(failed).to.deep.equal(['ItemFailed', world().idOf(terms), 0n, reason]);
        expect(await moneyOf(world(), terms)).to.deep.equal(money);
        // A payload with the new seq lands.
        await world().settle(terms, { toSeller: 0n, toBuyer: all });
        expect((await world().payment(terms)).status).to.equal(STATUS.closed);
        await world().rejects(bump(terms), 'WrongStatus');
      }
    });

    it('S9: cancels a milestone that was signed and not sent', async () => {
      const terms = await paid(world(), mode, {
        milestonesHash: keccak256(concat(STEPS.map((step) => toBeHex(step, 32)))),
      });
      const settle = await world().settlement(terms, { toSeller: HALF, toBuyer: 0n });
      const next = { ...settle, seq: 1 };
      const release = (payload: Settle) =>
        world().act(stranger, 'settleMilestone', [terms, payload, world().sign(payload), STEPS]);
      await bump(terms);
      await world().rejects(release(settle), 'WrongSeq');
      await release(next);
      expect((await world().payment(terms)).released).to.equal(HALF);
    });

    it('S9: wakes a payload of a later seq instead of cancelling it, so bump past what was signed', async () => {
      const terms = await paid(world(), mode);
      const ahead = await world().settlement(terms, { toSeller: PRICE, toBuyer: 0n, seq: 1 });
      const snapshot = await world().chain.snapshot();
      await bump(terms);
      await send(terms, ahead, world().sign(ahead));
      expect((await world().payment(terms)).status).to.equal(STATUS.closed);
      await world().chain.restore(snapshot);
      await bump(terms);
      await bump(terms, signers[2]);
      await world().rejects(send(terms, ahead, world().sign(ahead)), 'WrongSeq');
    });

    async function ripe(timer: Timer, custody: Mode): Promise<Terms> {
      if (timer === 'claim') return (await delivered(world(), custody)).terms;
      if (timer === 'forceResolve') return (await frozen(world(), custody)).terms;
      const terms = await paid(world(), custody);
      // A vault payment has a record, and so can be reclaimed, only after a first settlement.
      if (custody === 'vault') await world().settle(terms, { toSeller: 0n, toBuyer: 1n });
      return terms;
    }

    it('S9: leaves every timer open at the last bump, because no timer reads the seq', async () => {
      for (const timer of ['reclaim', 'claim', 'forceResolve'] as const) {
        const snapshot = await world().chain.snapshot();
        const terms = await ripe(timer, mode);
        for (let count = 0; count < BUMPS; count += 1) await bump(terms, signers[count % 3]);
        await world().rejects(bump(terms), 'BumpLimit');
        const { seq, bumps } = await world().payment(terms);
        expect(bumps).to.equal(7n);
        await world().chain.setNextTime((await world().chain.now()) + 50 * DAY);
        const before = await moneyOf(world(), terms);
        const receipt = await world().act(stranger, timer, [terms]);
        const [toSeller, most] = ENDS[timer];
        const toBuyer = timer === 'reclaim' ? before.remaining : most;
        const fee = toSeller / 100n;
        expect(reported(world(), receipt)).to.deep.equal([
          ['Settled', world().idOf(terms), seq, toSeller, toBuyer, fee],
        ]);
        const after = await moneyOf(world(), terms);
        expect(after).to.include({ status: STATUS.closed, remaining: 0n, vault: 0n });
        expect([after.seller - before.seller, after.refundTo - before.refundTo]).to.deep.equal([
          toSeller - fee,
          toBuyer,
        ]);
        expect(fee <= FEE && after.fees + after.treasury === fee).to.equal(true);
        const { seq: last, bumps: all } = await world().payment(terms);
        expect([last, all]).to.deep.equal([seq, 7n]);
        await world().chain.restore(snapshot);
      }
    });

    it('S9: leaves settlements open at the last bump, with the seq it left', async () => {
      const terms = await paid(world(), mode);
      for (let count = 0; count < BUMPS; count += 1) await bump(terms);
      await world().rejects(world().settle(terms, { toSeller: PRICE, toBuyer: 0n, seq: BUMPS - 1 }), 'WrongSeq');
      await world().settle(terms, { toSeller: PRICE, toBuyer: 0n, seq: BUMPS });
      expect(await moneyOf(world(), terms)).to.include({ seller: PRICE - FEE, status: STATUS.closed });
    });
  });
}
