import { expect } from 'chai';
import { DAY, PRICE, roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';
import { feesOf, MODES, paid } from '../lifeStages.ts';
import { useToken } from '../mocks.ts';
import { creditedOf, moneyOf } from '../payouts.ts';
import { reportedOf } from '../reported.ts';

const { buyer, deployer, stranger } = roles;

for (const mode of MODES) {
  describe(`MarketplaceEscrow, parts of one payment, ${mode} mode`, () => {
    const world = useEscrowWorld();

    it('P8: burns nothing when time splits odd units by an odd share, after a part was paid', async () => {
      for (const [amount, disputeSellerBps, feeBps] of [
        [1_001n, 3_333, 77],
        [1n, 5_000, 1_000],
        [3n, 9_999, 1],
        [2n ** 96n - 1n, 1, 999],
      ] as const) {
        const snapshot = await world().chain.snapshot();
        const terms = await paid(world(), mode, { amount, disputeSellerBps, feeBps });
        if (amount > 3n) await world().settle(terms, { toSeller: 1n, toBuyer: 1n });
        const { remaining } = amount > 3n ? await world().payment(terms) : { remaining: amount };
        await world().act(buyer, 'freeze', [terms]);
        await world().chain.setNextTime((await world().chain.now()) + 45 * DAY + 1);
        const [settled] = reportedOf(world(), await world().act(stranger, 'forceResolve', [terms]));
        const toSeller = (remaining * BigInt(disputeSellerBps)) / 10_000n;
        expect(settled?.slice(2, 4)).to.deep.equal([toSeller, remaining - toSeller]);
        const money = await moneyOf(world(), terms);
        expect(money.seller + money.refundTo + (await feesOf(world()))).to.equal(amount);
        expect(money).to.include({ vault: 0n, status: STATUS.closed });
        expect(money.owed).to.equal(money.fees);
        await world().chain.restore(snapshot);
      }
    });

    it('P2: turns every share into a credit while the issuer has stopped the whole token, and pays when it goes on', async () => {
      const token = await useToken(world(), 'UsdcLikeToken');
      const terms = await paid(world(), mode, { feeBps: 0 });
      await world().send(token, deployer, 'setPaused', [true]);
      const half = PRICE / 2n;
      const receipt = await world().settle(terms, { toSeller: half, toBuyer: half });
      expect(creditedOf(world(), receipt)).to.deep.equal([
        [terms.seller, token.address, half, mode === 'vault'],
        [terms.refundTo, token.address, half, mode === 'vault'],
      ]);
      const pays = (account: string) =>
        mode === 'vault'
          ? world().act(stranger, 'payVaultCredit', [terms])
          : world().act(stranger, 'withdrawCredit', [account, token.address]);
      await world().rejects(pays(terms.seller), mode === 'vault' ? 'Nothing' : 'PushFailed');
      await world().send(token, deployer, 'setPaused', [false]);
      await pays(terms.seller);
      if (mode === 'pool') await pays(terms.refundTo);
      expect(await moneyOf(world(), terms)).to.include({ seller: half, refundTo: half, owed: 0n, vault: 0n });
    });
  });
}
