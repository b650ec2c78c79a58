import { expect } from 'chai';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { feesOf, MODES, paid } from '../lifeStages.ts';
import { moneyOf } from '../payouts.ts';
import { prepareFundings, type RecordMaker, recordMakers, termsForMakers } from '../recordMakers.ts';
import { reportedOf } from '../reported.ts';
import { rotate } from '../signedActs.ts';

const { seller, stranger, treasury } = roles;
const release = { toSeller: PRICE, toBuyer: 0n };
const TREASURY_SEAT = 9;

describe('MarketplaceEscrow, the cap on fees', () => {
  const world = useEscrowWorld();

  it('P9: makes no record by any call for a fee above the cap, and one for a fee at the cap', async () => {
    for (const feeCap of [0, 250, 1_000]) {
      const fresh = await world().chain.snapshot();
      world().escrow = await world().deployEscrow({ feeCap });
      await prepareFundings(world());
      const makersAt = async (feeBps: number) => {
        const terms = await termsForMakers(world(), { feeBps });
        await world().payVault(terms);
        return recordMakers(world(), terms);
      };
      const send = ({ from, data }: RecordMaker) => world().chain.send({ from, to: world().escrow.address, data });
      for (const maker of await makersAt(feeCap + 1)) await world().rejects(send(maker), 'InvalidTerms');
      const makers = await makersAt(feeCap);
      expect(makers).to.have.lengthOf(10);
      for (const maker of makers) {
        const snapshot = await world().chain.snapshot();
        await send(maker);
        await world().chain.restore(snapshot);
      }
      await world().chain.restore(fresh);
    }
  });

  for (const mode of MODES) {
    describe(`${mode} mode`, () => {
      it('P9: takes the fee of the terms up to the cap and nothing at zero, by settlement and by claim', async () => {
        for (const feeBps of [0, 1, 250, 1_000]) {
          for (const exit of ['settle', 'claim'] as const) {
            const snapshot = await world().chain.snapshot();
            const terms = await paid(world(), mode, { feeBps });
            const fee = (PRICE * BigInt(feeBps)) / 10_000n;
            if (exit === 'claim') {
              await world().act(seller, 'markDelivered', [terms]);
              await world().chain.setNextTime((await world().chain.now()) + terms.inspection + 1);
            }
            const receipt =
              exit === 'settle' ? await world().settle(terms, release) : await world().act(stranger, 'claim', [terms]);
            expect(reportedOf(world(), receipt).at(-1)).to.deep.equal(['Settled', 0n, PRICE, 0n, fee]);
            expect(await moneyOf(world(), terms)).to.include({ seller: PRICE - fee, status: STATUS.closed, vault: 0n });
            expect(await feesOf(world())).to.equal(fee);
            await world().chain.restore(snapshot);
          }
        }
      });

      it('P9: pays the fee to the treasury of the day, which no rotation can make zero', async () => {
        await world().rejects(rotate(world(), { index: TREASURY_SEAT, account: ZERO_ADDRESS }), 'BadSeat');
        const before = await paid(world(), mode);
        await rotate(world(), { index: TREASURY_SEAT, account: stranger.address });
        await world().chain.setNextTime((await world().chain.now()) + 172_801);
        await world().act(stranger, 'executeRotation', [TREASURY_SEAT]);
        await world().settle(before, release);
        if (mode === 'pool') await world().act(seller, 'withdrawFees', [before.token]);
        expect(await world().balance(stranger.address)).to.equal(PRICE / 100n);
        expect(await world().balance(treasury.address)).to.equal(0n);
      });
    });
  }
});
