import { expect } from 'chai';
import { keccak256, toBeHex } from 'ethers';
import type { Terms } from '../escrowTerms.ts';
import { DAY, type Item, PRICE, roles, STATUS, TAG, useEscrowWorld } from '../escrowWorld.ts';
import { delivered, frozen, MODES, paid } from '../lifeStages.ts';
import { moneyOf } from '../payouts.ts';
import { setSeq } from '../recordSlot.ts';
import { reported } from '../reported.ts';
import { signBatch } from '../signedActs.ts';

const { signers, stranger } = roles;
const LAST = 65_535n;
const ALL = { toSeller: PRICE, toBuyer: 0n };
const SETS: (readonly Item[])[] = [
  [
    [0, signers[0]],
    [1, signers[1]],
  ],
  [[TAG.buyer, roles.buyer]],
  [
    [TAG.buyer, roles.buyer],
    [TAG.seller, roles.seller],
  ],
];

for (const mode of MODES) {
  describe(`MarketplaceEscrow at the end of the seq, ${mode} mode`, () => {
    const world = useEscrowWorld();

    const bump = (terms: Terms) => world().act(signers[0], 'bumpSeq', [world().idOf(terms)]);

    it('S11: reverts every settlement and the bump at seq 65,535, without a record and with one', async () => {
      const oneStep = { milestonesHash: keccak256(toBeHex(PRICE, 32)) };
      for (const open of [false, true]) {
        const terms = await paid(world(), mode, oneStep);
        if (open) await world().act(roles.buyer, 'freeze', [terms]);
        await setSeq(world(), terms, LAST);
        const before = await moneyOf(world(), terms);
        for (const items of SETS) await world().rejects(world().settle(terms, ALL, items), 'WrongSeq');
        const settle = await world().settlement(terms, ALL);
        expect(BigInt(settle.seq)).to.equal(LAST);
        const step = [terms, settle, world().sign(settle), [PRICE]];
        await world().rejects(world().act(stranger, 'settleMilestone', step), 'WrongSeq');
        const batch = [[terms], [settle], signBatch(world(), [settle])];
        await world().rejects(world().act(stranger, 'settleBatch', batch), 'WrongSeq');
        const report = await world().act(stranger, 'settleBatchReport', batch);
        const reason = world().escrow.abi.getError('WrongSeq')?.selector;
        expect(reported(world(), report)).to.deep.equal([['ItemFailed', world().idOf(terms), 0n, reason]]);
        await world().rejects(bump(terms), 'WrongSeq');
        expect(await moneyOf(world(), terms)).to.deep.equal(before);
        expect((await world().payment(terms)).seq).to.equal(LAST);
      }
    });

    it('S11: takes the settlement or the bump that leads to 65,535, and does not wrap into another field', async () => {
      const [settled, bumped] = [await paid(world(), mode), await paid(world(), mode)];
      for (const terms of [settled, bumped]) await setSeq(world(), terms, LAST - 1n);
      await world().settle(settled, { toSeller: 1n, toBuyer: 0n });
      const { remaining, released, clock, seq } = await world().payment(settled);
      expect([remaining, released, clock, seq]).to.deep.equal([PRICE - 1n, 1n, 0n, LAST]);
      await bump(bumped);
      const { seq: end, bumps, clock: none } = await world().payment(bumped);
      expect([end, bumps, none]).to.deep.equal([LAST, 1n, 0n]);
    });

    it('S11: lets every timer end the payment at seq 65,535, which it keeps', async () => {
      const half = PRICE / 2n;
      for (const [timer, toSeller, toBuyer] of [
        ['reclaim', 0n, PRICE],
        ['claim', PRICE, 0n],
        ['forceResolve', half, half],
      ] as const) {
        const snapshot = await world().chain.snapshot();
        const terms =
          timer === 'reclaim'
            ? await paid(world(), mode)
            : (await (timer === 'claim' ? delivered : frozen)(world(), mode)).terms;
        let rest = 0n;
        if (timer === 'reclaim' && mode === 'vault') {
          // The first settlement makes the record.
          await setSeq(world(), terms, LAST - 1n);
          await world().settle(terms, { toSeller: 0n, toBuyer: 1n });
          rest = 1n;
        } else await setSeq(world(), terms, LAST);
        await world().chain.setNextTime((await world().chain.now()) + 50 * DAY);
        const receipt = await world().act(stranger, timer, [terms]);
        const fee = toSeller / 100n;
        expect(reported(world(), receipt)).to.deep.equal([
          ['Settled', world().idOf(terms), LAST, toSeller, toBuyer - rest, fee],
        ]);
        expect(await moneyOf(world(), terms)).to.include({
          seller: toSeller - fee,
          refundTo: toBuyer,
          remaining: 0n,
          status: STATUS.closed,
          vault: 0n,
        });
        expect((await world().payment(terms)).seq).to.equal(LAST);
        await world().chain.restore(snapshot);
      }
    });

    it('S11: lets marks, freezes and recoveries go on at seq 65,535', async () => {
      const terms = await paid(world(), mode);
      await setSeq(world(), terms, LAST);
      await world().act(roles.seller, 'markDelivered', [terms]);
      await world().act(signers[0], 'freeze', [terms]);
      await world().payVault(terms, 3n);
      await world().act(stranger, 'recover', [terms, terms.token]);
      expect(await moneyOf(world(), terms)).to.include({ refundTo: 3n, status: STATUS.frozen, remaining: PRICE });
      const unused = await world().terms();
      await world().payVault(unused);
      await setSeq(world(), unused, LAST);
      await world().act(roles.seller, 'recover', [unused, unused.token]);
      expect(await moneyOf(world(), unused)).to.include({ refundTo: PRICE + 3n, status: STATUS.closed });
    });
  });
}
