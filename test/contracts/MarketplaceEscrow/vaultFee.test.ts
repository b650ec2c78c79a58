import { expect } from 'chai';
import { dataSlice } from 'ethers';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { useToken } from '../mocks.ts';
import {
  answer,
  blacklist,
  creditedOf,
  moneyOf,
  PICKY,
  plainAccount,
  RELEASE,
  SPLIT,
  SPLIT_FEE,
  SPLIT_NET,
  UNIT,
  usePicky,
  useReceiver,
} from '../payouts.ts';

const FEE = PRICE / 100n;
/** Each account that an issuer may stop is one bit. */
const STOPPED = { seller: 1, refundTo: 2, treasury: 4, escrow: 8 };

describe('MarketplaceEscrow payouts of a vault, whoever is stopped', () => {
  const world = useEscrowWorld();

  it('A16: pays everybody who can be paid in each of the 16 combinations, and the fee takes its three routes', async () => {
    await useToken(world(), 'UsdcLikeToken');
    for (let stopped = 0; stopped < 16; stopped++) {
      const snapshot = await world().chain.snapshot();
      const is = (account: keyof typeof STOPPED) => (stopped & STOPPED[account]) !== 0;
      const terms = await world().terms();
      const vault = await world().payVault(terms);
      const accounts = {
        seller: terms.seller,
        refundTo: terms.refundTo,
        treasury: roles.treasury.address,
        escrow: world().escrow.address,
      };
      const listed = (Object.keys(STOPPED) as (keyof typeof STOPPED)[]).filter(is);
      for (const account of listed) await blacklist(world(), accounts[account]);
      const receipt = await world().settle(terms, SPLIT);

      // Treasury, else pool, else waived for the seller.
      const fee = is('treasury') && is('escrow') ? 0n : SPLIT_FEE;
      const inPool = is('treasury') ? fee : 0n;
      const net = SPLIT.toSeller - fee;
      const [sellerShare, refundToShare] = [is('seller') ? net : 0n, is('refundTo') ? SPLIT.toBuyer : 0n];
      const label = listed.join(' ') || 'nobody';
      expect(await moneyOf(world(), terms), label).to.deep.equal({
        seller: net - sellerShare,
        refundTo: SPLIT.toBuyer - refundToShare,
        treasury: fee - inPool,
        escrow: inPool,
        vault: sellerShare + refundToShare,
        owed: inPool,
        fees: inPool,
        sellerCredit: 0n,
        refundToCredit: 0n,
        sellerShare,
        refundToShare,
        remaining: 0n,
        released: SPLIT.toSeller,
        status: STATUS.closed,
      });
      const settled = world().events(receipt).at(-1);
      expect([settled?.name, settled?.args.fee], label).to.deep.equal(['Settled', fee]);
      expect(creditedOf(world(), receipt), label).to.deep.equal(
        [
          [terms.seller, terms.token, sellerShare, true],
          [terms.refundTo, terms.token, refundToShare, true],
        ].filter(([, , amount]) => amount !== 0n),
      );

      // What stays is not surplus; what comes on top of it is.
      for (const account of listed) await blacklist(world(), accounts[account], false);
      await world().rejects(world().act(roles.stranger, 'recover', [terms, terms.token]), 'Nothing');
      await world().mint(vault, UNIT);
      await world().act(roles.stranger, 'recover', [terms, terms.token]);
      if (sellerShare + refundToShare !== 0n) await world().act(roles.stranger, 'payVaultCredit', [terms]);
      expect(await moneyOf(world(), terms), label).to.include({
        seller: net,
        refundTo: SPLIT.toBuyer + UNIT,
        vault: 0n,
        sellerShare: 0n,
        refundToShare: 0n,
      });
      await world().chain.restore(snapshot);
    }
  });

  it('A16: keeps the shares of an open payment in its vault beside what remains', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms({ feeBps: 0 });
    const vault = await world().payVault(terms);
    await blacklist(world(), terms.seller);
    await world().settle(terms, { toSeller: 10n * UNIT, toBuyer: 0n });
    await world().settle(terms, { toSeller: 5n * UNIT, toBuyer: 20n * UNIT });
    expect(await moneyOf(world(), terms)).to.include({
      sellerShare: 15n * UNIT,
      refundTo: 20n * UNIT,
      remaining: 65n * UNIT,
      vault: 80n * UNIT,
      status: STATUS.funded,
    });
    await world().mint(vault, UNIT);
    await world().act(roles.stranger, 'recover', [terms, terms.token]);
    await world().rejects(world().act(roles.stranger, 'recover', [terms, terms.token]), 'Nothing');
    expect(await moneyOf(world(), terms)).to.include({ vault: 80n * UNIT, refundTo: 21n * UNIT });
  });

  it('A16: sends the fee in native coin to the pool when the treasury refuses it', async () => {
    const treasury = await useReceiver(world());
    world().escrow = await world().deployEscrow({ treasury: treasury.address });
    await world().send(treasury, roles.stranger, 'setRefuses', [true]);
    const terms = await world().terms({ token: ZERO_ADDRESS, seller: plainAccount(1) });
    await world().payVault(terms);
    await world().settle(terms, RELEASE);
    expect(await moneyOf(world(), terms)).to.include({
      seller: PRICE - FEE,
      vault: 0n,
      escrow: FEE,
      owed: FEE,
      fees: FEE,
    });
    await world().send(treasury, roles.stranger, 'setRefuses', [false]);
    await world().act(roles.stranger, 'withdrawFees', [ZERO_ADDRESS]);
    expect(await world().balance(treasury.address, ZERO_ADDRESS)).to.equal(FEE);
  });

  it('A16: counts as fee what arrived in the pool, and never more than the fee', async () => {
    for (const [bend, counted] of [
      [PICKY.toll, SPLIT_FEE - 1n],
      [PICKY.bonus, SPLIT_FEE],
    ] as const) {
      await usePicky(world());
      const terms = await world().terms();
      await world().payVault(terms);
      await answer(world(), roles.treasury.address, PICKY.refuses);
      await answer(world(), world().escrow.address, bend);
      await world().settle(terms, SPLIT);
      expect(await moneyOf(world(), terms)).to.include({ seller: SPLIT_NET, fees: counted, owed: counted, vault: 0n });
      expect((await world().read(world().escrow, 'solvent', [terms.token]))[0]).to.equal(true);
    }
  });

  it('A16: sends the treasury nothing at all where there is no fee, because a token may refuse a transfer of nothing', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms({ feeBps: 0 });
    await world().payVault(terms);
    const receipt = await world().settle(terms, SPLIT);
    const { address } = world().token;
    const transfers = receipt.logs.filter((log) => log.address.toLowerCase() === address.toLowerCase());
    const receivers = transfers.map(({ topics }) => dataSlice(topics[2] ?? '0x', 12));
    expect(receivers).to.deep.equal([terms.seller, terms.refundTo].map((account) => account.toLowerCase()));
  });

  it('A16: waives a fee that no route takes for this settlement only, and never charges it later', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms();
    await world().payVault(terms);
    for (const account of [roles.treasury.address, world().escrow.address]) await blacklist(world(), account);
    await world().settle(terms, { toSeller: 60n * UNIT, toBuyer: 0n });
    for (const account of [roles.treasury.address, world().escrow.address]) await blacklist(world(), account, false);
    const [settled] = world().events(await world().settle(terms, { toSeller: 40n * UNIT, toBuyer: 0n }));
    expect(settled?.args.fee).to.equal((40n * UNIT) / 100n);
    expect(await moneyOf(world(), terms)).to.include({
      seller: PRICE - (40n * UNIT) / 100n,
      treasury: (40n * UNIT) / 100n,
      vault: 0n,
    });
  });
});
