import { expect } from 'chai';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { HOSTILE, useToken } from '../mocks.ts';
import {
  blacklist,
  creditedOf,
  eventNames,
  MODES,
  makeHungry,
  moneyOf,
  plainAccount,
  RELEASE,
  ripen,
  SPLIT,
  SPLIT_FEE,
  SPLIT_NET,
  UNIT,
  useReceiver,
} from '../payouts.ts';

const FEE = PRICE / 100n;
/** Gas that receivers of native coin burn: less than the 50,000 that both custodians leave them, and more than either does. */
const WITHIN_ALLOWANCE = 45_000;
const BEYOND_ALLOWANCE = 85_000;

for (const mode of MODES) {
  const inVault = mode === 'vault';

  describe(`MarketplaceEscrow pushes, ${mode} mode`, () => {
    const world = useEscrowWorld();

    it('P1: credits a blacklisted seller, so that the refund in the same settlement goes out', async () => {
      await useToken(world(), 'UsdcLikeToken');
      const terms = await world().terms();
      await world().pay(terms, mode);
      await blacklist(world(), terms.seller);
      const receipt = await world().settle(terms, SPLIT);
      expect(eventNames(world(), receipt)).to.deep.equal(['Credited', 'Settled']);
      expect(creditedOf(world(), receipt)).to.deep.equal([[terms.seller, terms.token, SPLIT_NET, inVault]]);
      const money = await moneyOf(world(), terms);
      expect(money).to.include({ seller: 0n, refundTo: SPLIT.toBuyer, status: STATUS.closed });
      expect([money.sellerCredit, money.sellerShare]).to.deep.equal(inVault ? [0n, SPLIT_NET] : [SPLIT_NET, 0n]);
      expect([money.vault, money.escrow]).to.deep.equal(inVault ? [SPLIT_NET, 0n] : [0n, SPLIT.toSeller]);
      expect([money.owed, money.fees]).to.deep.equal(inVault ? [0n, 0n] : [SPLIT.toSeller, SPLIT_FEE]);
    });

    it('P1: credits a blacklisted refundTo, so that the seller is paid', async () => {
      await useToken(world(), 'UsdcLikeToken');
      const terms = await world().terms();
      await world().pay(terms, mode);
      await blacklist(world(), terms.refundTo);
      const receipt = await world().settle(terms, SPLIT);
      expect(creditedOf(world(), receipt)).to.deep.equal([[terms.refundTo, terms.token, SPLIT.toBuyer, inVault]]);
      const money = await moneyOf(world(), terms);
      expect(money).to.include({ seller: SPLIT_NET, refundTo: 0n, status: STATUS.closed });
      expect(money.refundToCredit + money.refundToShare).to.equal(SPLIT.toBuyer);
      expect(inVault ? money.vault : money.owed - money.fees).to.equal(SPLIT.toBuyer);
    });

    it('P1: pays a release although the treasury is blacklisted, and keeps its fee in the pool', async () => {
      await useToken(world(), 'UsdcLikeToken');
      const terms = await world().terms();
      await world().pay(terms, mode);
      await blacklist(world(), roles.treasury.address);
      await world().settle(terms, RELEASE);
      expect(await moneyOf(world(), terms)).to.include({
        seller: PRICE - FEE,
        escrow: FEE,
        owed: FEE,
        fees: FEE,
        vault: 0n,
      });
      await world().rejects(world().act(roles.stranger, 'withdrawFees', [terms.token]), 'PushFailed');
      await blacklist(world(), roles.treasury.address, false);
      await world().act(roles.stranger, 'withdrawFees', [terms.token]);
      expect(await moneyOf(world(), terms)).to.include({ treasury: FEE, escrow: 0n, owed: 0n, fees: 0n });
    });

    it('P1: credits what a timer cannot push, and closes the payment', async () => {
      await useToken(world(), 'UsdcLikeToken');
      for (const timer of ['reclaim', 'claim', 'forceResolve'] as const) {
        const snapshot = await world().chain.snapshot();
        const terms = await world().terms({ disputeSellerBps: 2_500, feeBps: 0 });
        await world().pay(terms, mode);
        await world().settle(terms, { toSeller: 20n * UNIT, toBuyer: 0n });
        await ripen(world(), terms, timer);
        await blacklist(world(), terms.seller);
        await blacklist(world(), terms.refundTo);
        const toSeller = { reclaim: 0n, claim: 80n * UNIT, forceResolve: 20n * UNIT }[timer];
        const receipt = await world().act(roles.stranger, timer, [terms]);
        expect(creditedOf(world(), receipt), timer).to.deep.equal(
          [
            [terms.seller, terms.token, toSeller, inVault],
            [terms.refundTo, terms.token, 80n * UNIT - toSeller, inVault],
          ].filter(([, , amount]) => amount !== 0n),
        );
        const money = await moneyOf(world(), terms);
        expect(money, timer).to.include({ status: STATUS.closed, remaining: 0n, seller: 20n * UNIT, refundTo: 0n });
        expect(money.sellerCredit + money.sellerShare, timer).to.equal(toSeller);
        expect(inVault ? money.vault : money.owed, timer).to.equal(80n * UNIT);
        await world().chain.restore(snapshot);
      }
    });

    it('P3: goes on paying after the issuer switches a fee on; the receivers bear it', async () => {
      await useToken(world(), 'UsdtLikeToken');
      const terms = await world().terms();
      await world().pay(terms, mode);
      await world().send(world().token, roles.deployer, 'setFeeRate', [100]);
      await world().settle(terms, SPLIT);
      const money = await moneyOf(world(), terms);
      expect(money).to.include({
        seller: (SPLIT_NET * 99n) / 100n,
        refundTo: (SPLIT.toBuyer * 99n) / 100n,
        vault: 0n,
        status: STATUS.closed,
      });
      // The escrow never counts more than it holds.
      expect([money.escrow, money.owed, money.fees]).to.deep.equal(inVault ? [0n, 0n, 0n] : Array(3).fill(SPLIT_FEE));
      const late = await world().terms();
      if (inVault) {
        await world().payVault(late);
        await world().rejects(world().act(roles.seller, 'sweep', [late]), 'WrongInflow');
      } else await world().rejects(world().fund(late), 'WrongInflow');
    });

    it('P4: credits a receiver of native coin who refuses, eats all gas or answers with a flood of data', async () => {
      const receiver = await useReceiver(world());
      for (const fault of ['setRefuses', 'setEatsGas', 'setBombs']) {
        const terms = await world().terms({ token: ZERO_ADDRESS, seller: receiver.address });
        await world().pay(terms, mode);
        await world().send(receiver, roles.stranger, fault, [true]);
        const before = await moneyOf(world(), terms);
        const receipt = await world().settle(terms, SPLIT);
        expect(creditedOf(world(), receipt), fault).to.deep.equal([
          [receiver.address, ZERO_ADDRESS, SPLIT_NET, inVault],
        ]);
        const money = await moneyOf(world(), terms);
        expect(money.seller, fault).to.equal(0n);
        expect(money.refundTo - before.refundTo, fault).to.equal(SPLIT.toBuyer);
        // Its allowance is all that a receiver can burn: 50,000 from the pool, 90,000 through a vault that may be new.
        expect(receipt.gasUsed < 400_000n, `${fault}: ${receipt.gasUsed}`).to.equal(true);
        await world().send(receiver, roles.stranger, fault, [false]);
      }
    });

    it('P4: leaves a receiver of native coin the same gas from the pool and through a vault, and credits him who wants more', async () => {
      const [modest, greedy] = [plainAccount(191), plainAccount(192)];
      await makeHungry(world(), modest, WITHIN_ALLOWANCE);
      await makeHungry(world(), greedy, BEYOND_ALLOWANCE);
      const terms = await world().terms({ token: ZERO_ADDRESS, feeBps: 0, seller: modest, refundTo: greedy });
      await world().pay(terms, mode);
      await world().settle(terms, SPLIT);
      const kept = inVault ? 'refundToShare' : 'refundToCredit';
      expect(await moneyOf(world(), terms)).to.include({ seller: SPLIT.toSeller, refundTo: 0n, [kept]: SPLIT.toBuyer });
    });

    it('P4: credits every share when the token reverts, eats all gas or reverts with a flood of data', async () => {
      await useToken(world(), 'HostileToken');
      for (const fault of ['reverting', 'eatsGas', 'revertBomb'] as const) {
        const snapshot = await world().chain.snapshot();
        const terms = await world().terms();
        await world().mint(inVault ? await world().vaultOf(terms) : roles.buyer.address, PRICE);
        if (!inVault) await world().act(roles.buyer, 'fund', [terms]);
        await world().send(world().token, roles.deployer, 'setMode', [HOSTILE[fault]]);
        const receipt = await world().settle(terms, SPLIT);
        // No route takes the fee of a vault: then the seller gets it.
        const net = inVault ? SPLIT.toSeller : SPLIT_NET;
        expect(creditedOf(world(), receipt), fault).to.deep.equal([
          [terms.seller, terms.token, net, inVault],
          [terms.refundTo, terms.token, SPLIT.toBuyer, inVault],
        ]);
        const money = await moneyOf(world(), terms);
        expect(money, fault).to.include({ seller: 0n, refundTo: 0n, status: STATUS.closed });
        expect(inVault ? money.vault : money.escrow, fault).to.equal(PRICE);
        expect(receipt.gasUsed < 2_100_000n, `${fault}: ${receipt.gasUsed}`).to.equal(true);
        await world().chain.restore(snapshot);
      }
    });

    it('P4: pays through a token that returns true and a flood of data behind it', async () => {
      await useToken(world(), 'HostileToken');
      const terms = await world().terms();
      await world().mint(inVault ? await world().vaultOf(terms) : roles.buyer.address, PRICE);
      if (!inVault) await world().act(roles.buyer, 'fund', [terms]);
      await world().send(world().token, roles.deployer, 'setMode', [HOSTILE.returnBomb]);
      const receipt = await world().settle(terms, SPLIT);
      expect(eventNames(world(), receipt)).to.deep.equal(['Settled']);
      expect(await moneyOf(world(), terms)).to.include({ seller: SPLIT_NET, refundTo: SPLIT.toBuyer, vault: 0n });
      // One word is copied: only the token pays for the flood, and a vault that passes it on.
      expect(receipt.gasUsed < 1_200_000n, `${receipt.gasUsed}`).to.equal(true);
    });

    it('P4: reverts when a relayer starves the receiver, who then is paid in full', async () => {
      const receiver = await useReceiver(world());
      // It eats what it is given: with too little gas before the push nobody can tell that from a refusal.
      await world().send(receiver, roles.stranger, 'setEatsGas', [true]);
      const terms = await world().terms({ token: ZERO_ADDRESS, seller: receiver.address, feeBps: 0 });
      await world().pay(terms, mode);
      await world().settle(terms, { toSeller: 0n, toBuyer: UNIT });
      const settle = await world().settlement(terms, { toSeller: UNIT, toBuyer: 0n });
      const data = world().escrow.abi.encodeFunctionData('settle', [terms, settle, world().sign(settle)]);
      const call = { from: roles.stranger.address, to: world().escrow.address, data };
      await world().rejects(world().chain.send({ ...call, gas: 140_000n }), 'Starved');
      await world().send(receiver, roles.stranger, 'setEatsGas', [false]);
      await world().chain.send(call);
      expect(await world().balance(receiver.address, ZERO_ADDRESS)).to.equal(UNIT);
    });
  });
}
