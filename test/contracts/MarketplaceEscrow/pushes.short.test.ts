import { expect } from 'chai';
import { DAY, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { useToken } from '../mocks.ts';
import {
  blacklist,
  burn,
  creditedOf,
  moneyOf,
  plainAccount,
  REFUND,
  RELEASE,
  ripen,
  SPLIT,
  SPLIT_FEE,
  SPLIT_NET,
  TIMERS,
  UNIT,
} from '../payouts.ts';

const FEE = PRICE / 100n;

describe('MarketplaceEscrow pushes of a pool that cannot pay', () => {
  const world = useEscrowWorld();

  it('P2: turns every share into a credit when the escrow itself is blacklisted, and pays each once it is let go', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms();
    await world().fund(terms);
    await blacklist(world(), world().escrow.address);
    const receipt = await world().settle(terms, SPLIT);
    expect(creditedOf(world(), receipt)).to.deep.equal([
      [terms.seller, terms.token, SPLIT_NET, false],
      [terms.refundTo, terms.token, SPLIT.toBuyer, false],
    ]);
    // Nothing left, so nothing is owed less.
    expect(await moneyOf(world(), terms)).to.include({ escrow: PRICE, owed: PRICE, fees: SPLIT_FEE });
    for (const account of [terms.seller, terms.refundTo]) {
      await world().rejects(world().act(roles.stranger, 'withdrawCredit', [account, terms.token]), 'PushFailed');
    }
    await blacklist(world(), world().escrow.address, false);
    for (const account of [terms.seller, terms.refundTo]) {
      await world().act(roles.stranger, 'withdrawCredit', [account, terms.token]);
    }
    expect(await moneyOf(world(), terms)).to.include({
      seller: SPLIT_NET,
      refundTo: SPLIT.toBuyer,
      escrow: SPLIT_FEE,
      owed: SPLIT_FEE,
    });
  });

  it('P2: fails closed after a burn in the pool: no more leaves than is there, and other tokens do not notice', async () => {
    const usdc = await useToken(world(), 'UsdcLikeToken');
    const [first, second] = [await world().terms(), await world().terms()];
    await world().fund(first);
    await world().fund(second);
    const coin = await world().terms({ token: ZERO_ADDRESS, seller: plainAccount(1) });
    await world().fund(coin);
    await burn(world(), world().escrow.address, 50n * UNIT);
    expect((await world().read(world().escrow, 'solvent', [usdc.address]))[0]).to.equal(false);

    await world().settle(first, REFUND);
    const receipt = await world().settle(second, REFUND);
    expect(creditedOf(world(), receipt)).to.deep.equal([[second.refundTo, usdc.address, PRICE, false]]);
    expect(await moneyOf(world(), second)).to.include({ refundTo: PRICE, escrow: 50n * UNIT, owed: PRICE });
    await world().rejects(world().act(roles.stranger, 'withdrawCredit', [second.refundTo, usdc.address]), 'PushFailed');

    await world().settle(coin, RELEASE);
    expect(await world().balance(coin.seller, ZERO_ADDRESS)).to.equal(PRICE - FEE);
    expect((await world().read(world().escrow, 'solvent', [ZERO_ADDRESS]))[0]).to.equal(true);
    // Whoever makes the loss good lets the credit out: it was not cut.
    await world().mint(world().escrow.address, 50n * UNIT);
    await world().act(roles.stranger, 'withdrawCredit', [second.refundTo, usdc.address]);
    expect(await moneyOf(world(), second)).to.include({ refundTo: 2n * PRICE, escrow: 0n, owed: 0n });
  });

  it('A22: makes a credit of every outflow of a blacklisted escrow, by settlement or by timer, and owes the same', async () => {
    for (const exit of ['settle', ...TIMERS] as const) {
      const snapshot = await world().chain.snapshot();
      await useToken(world(), 'UsdcLikeToken');
      const terms = await world().terms({ feeBps: 0 });
      await world().fund(terms);
      await blacklist(world(), world().escrow.address);
      if (exit === 'settle') await world().settle(terms, SPLIT);
      else {
        await ripen(world(), terms, exit);
        await world().act(roles.stranger, exit, [terms]);
      }
      const money = await moneyOf(world(), terms);
      expect(money, exit).to.include({ status: STATUS.closed, escrow: PRICE, owed: PRICE, seller: 0n, refundTo: 0n });
      expect(money.sellerCredit + money.refundToCredit, exit).to.equal(PRICE);
      await world().chain.restore(snapshot);
    }
  });

  it('A22: keeps fees owed when they cannot leave a blacklisted escrow', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms();
    await world().fund(terms);
    await world().settle(terms, RELEASE);
    await blacklist(world(), world().escrow.address);
    await world().rejects(world().act(roles.stranger, 'withdrawFees', [terms.token]), 'PushFailed');
    expect(await world().book(terms.token)).to.deep.equal({ owed: FEE, fees: FEE });
  });

  it('A22: makes credits of what a short pool lacks, in native coin and in a token', async () => {
    for (const native of [true, false]) {
      if (!native) await useToken(world(), 'UsdcLikeToken');
      const token = native ? ZERO_ADDRESS : world().token.address;
      const accounts = { seller: plainAccount(1), refundTo: plainAccount(2) };
      const terms = await world().terms({ token, feeBps: 0, ...accounts });
      await world().fund(terms);
      if (native) await world().chain.setBalance(world().escrow.address, 50n * UNIT);
      else await burn(world(), world().escrow.address, 50n * UNIT);
      // The seller's 60 do not fit into 50, the 40 behind them do.
      await world().settle(terms, SPLIT);
      expect(await moneyOf(world(), terms)).to.include({
        seller: 0n,
        sellerCredit: SPLIT.toSeller,
        refundTo: SPLIT.toBuyer,
        owed: SPLIT.toSeller,
        escrow: 10n * UNIT,
      });
    }
  });

  it('A22: refuses every inflow while the escrow is blacklisted', async () => {
    await useToken(world(), 'UsdcLikeToken');
    await blacklist(world(), world().escrow.address);
    await world().rejects(world().fund(await world().terms()), 'WrongInflow');
    const swept = await world().terms();
    await world().payVault(swept);
    await world().rejects(world().act(roles.seller, 'sweep', [swept]), 'PushFailed');
    expect(await world().book()).to.deep.equal({ owed: 0n, fees: 0n });
    expect((await moneyOf(world(), swept)).status).to.equal(STATUS.none);
  });

  it('A22: refuses every inflow while the pool is short, because new money would pay for old', async () => {
    await useToken(world(), 'UsdcLikeToken');
    await world().fund(await world().terms());
    await burn(world(), world().escrow.address, 1n);
    await world().rejects(world().fund(await world().terms()), 'NotCovered');
    const swept = await world().terms();
    await world().payVault(swept);
    await world().rejects(world().act(roles.seller, 'sweep', [swept]), 'NotCovered');

    await world().fund(await world().terms({ token: ZERO_ADDRESS }));
    await world().chain.setBalance(world().escrow.address, PRICE - 1n);
    await world().rejects(world().fund(await world().terms({ token: ZERO_ADDRESS })), 'NotCovered');
    expect(await world().book()).to.deep.equal({ owed: PRICE, fees: 0n });
  });
});

describe('MarketplaceEscrow pushes of a vault that cannot pay', () => {
  const world = useEscrowWorld();

  it('P10: keeps both shares and the fee of a blacklisted vault in it, and pays them once it is let go', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms();
    const vault = await world().payVault(terms);
    await blacklist(world(), vault);
    const receipt = await world().settle(terms, SPLIT);
    expect(creditedOf(world(), receipt)).to.deep.equal([
      [terms.seller, terms.token, SPLIT.toSeller, true],
      [terms.refundTo, terms.token, SPLIT.toBuyer, true],
    ]);
    expect(await moneyOf(world(), terms)).to.include({ vault: PRICE, owed: 0n, fees: 0n, status: STATUS.closed });
    await world().rejects(world().act(roles.stranger, 'payVaultCredit', [terms]), 'Nothing');
    await blacklist(world(), vault, false);
    await world().act(roles.stranger, 'payVaultCredit', [terms]);
    expect(await moneyOf(world(), terms)).to.include({
      seller: SPLIT.toSeller,
      refundTo: SPLIT.toBuyer,
      vault: 0n,
      sellerShare: 0n,
      refundToShare: 0n,
    });
  });

  it('P10: pays from a vault although the escrow is blacklisted, because the money never passes through it', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms();
    await world().payVault(terms);
    await blacklist(world(), world().escrow.address);
    await world().settle(terms, SPLIT);
    expect(await moneyOf(world(), terms)).to.include({
      seller: SPLIT_NET,
      refundTo: SPLIT.toBuyer,
      treasury: SPLIT_FEE,
      vault: 0n,
    });
  });

  it('P10: fails closed after a burn in a vault: the share that does not fit stays owed, other vaults do not notice', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const [terms, other] = [await world().terms({ feeBps: 0 }), await world().terms({ feeBps: 0 })];
    const vault = await world().payVault(terms);
    await world().payVault(other);
    await world().settle(terms, { toSeller: UNIT, toBuyer: 0n });
    await burn(world(), vault, 49n * UNIT);
    await world().settle(terms, { toSeller: 60n * UNIT, toBuyer: 39n * UNIT });
    expect(await moneyOf(world(), terms)).to.include({
      seller: UNIT,
      sellerShare: 60n * UNIT,
      refundTo: 39n * UNIT,
      vault: 11n * UNIT,
      status: STATUS.closed,
    });
    await world().settle(other, REFUND);
    expect(await moneyOf(world(), other)).to.include({ refundTo: 139n * UNIT, vault: 0n, refundToShare: 0n });
  });

  it('P10: opens no record on a vault whose money was burnt', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms();
    const vault = await world().payVault(terms);
    await burn(world(), vault, 1n);
    const validUntil = (await world().chain.now()) + DAY;
    await world().rejects(world().settle(terms, { toSeller: UNIT, toBuyer: 0n, validUntil }), 'VaultShort');
    expect(await moneyOf(world(), terms)).to.include({ status: STATUS.none, vault: PRICE - 1n });
  });
});
