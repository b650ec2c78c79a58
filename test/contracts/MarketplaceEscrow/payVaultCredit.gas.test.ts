import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { roles, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { makeWary } from '../gasScan.ts';
import { useToken } from '../mocks.ts';
import { answer, makeHungry, moneyOf, PICKY, plainAccount, SPLIT, usePicky, useReceiver } from '../payouts.ts';

const { stranger } = roles;
const SELLER = plainAccount(171);
const REFUND_TO = plainAccount(172);
/** What receivers want who get too little of a settlement: of native coin first more than the pool's 50,000. */
const COIN_NEEDS = [85_000, 1_000_000];
const TOKEN_NEED = 500_000;
/** What a settlement gives to a push from a vault. */
const LEAST = { coin: 90_000n, token: 400_000n };
/** More than a call uses beside its two pushes, and less than one push of a token. */
const BESIDE = 250_000n;

describe('MarketplaceEscrow.payVaultCredit and the gas of its pushes', () => {
  const world = useEscrowWorld();

  /** A split of which what was refused stayed in the vault. */
  async function split(token: string, changes: Partial<Terms> = {}): Promise<Terms> {
    const terms = await world().terms({ token, seller: SELLER, refundTo: REFUND_TO, feeBps: 0, ...changes });
    await world().payVault(terms);
    await world().settle(terms, SPLIT);
    return terms;
  }
  const pay = (terms: Terms, gas?: bigint) => {
    const data = world().escrow.abi.encodeFunctionData('payVaultCredit', [terms]);
    return world().chain.send({ from: stranger.address, to: world().escrow.address, data, ...(gas ? { gas } : {}) });
  };
  /** A token that tells both receivers, who want more than a settlement gives. */
  async function useHungryHolders(): Promise<void> {
    const token = await useToken(world(), 'HookToken');
    for (const account of [SELLER, REFUND_TO]) {
      await makeWary(world(), account, TOKEN_NEED);
      await world().send(token, stranger, 'setHooked', [account, true]);
    }
  }

  it('pays native coin to receivers who need more gas than a settlement gives, because nothing else would without an admin', async () => {
    for (const need of COIN_NEEDS) {
      const accounts = { seller: plainAccount(need), refundTo: plainAccount(need + 1) };
      for (const account of [accounts.seller, accounts.refundTo]) await makeHungry(world(), account, need);
      const terms = await split(ZERO_ADDRESS, accounts);
      expect(await moneyOf(world(), terms)).to.include({ sellerShare: SPLIT.toSeller, refundToShare: SPLIT.toBuyer });
      await pay(terms);
      const money = await moneyOf(world(), terms);
      expect(money, `${need} gas`).to.include({ seller: SPLIT.toSeller, refundTo: SPLIT.toBuyer, vault: 0n });
    }
  });

  it('pays tokens to receivers who need more gas than a settlement gives', async () => {
    await useHungryHolders();
    const terms = await split(world().token.address);
    expect(await moneyOf(world(), terms)).to.include({ sellerShare: SPLIT.toSeller, refundToShare: SPLIT.toBuyer });
    await pay(terms);
    expect(await moneyOf(world(), terms)).to.include({ seller: SPLIT.toSeller, refundTo: SPLIT.toBuyer, vault: 0n });
  });

  it('pays refundTo although the seller eats all that he is given, because half of the gas is kept for the other', async () => {
    const eater = await useReceiver(world());
    await world().send(eater, stranger, 'setEatsGas', [true]);
    await makeHungry(world(), REFUND_TO, 85_000);
    const coin = await split(ZERO_ADDRESS, { seller: eater.address });
    await pay(coin);
    expect(await moneyOf(world(), coin)).to.include({ refundTo: SPLIT.toBuyer, sellerShare: SPLIT.toSeller });

    await usePicky(world());
    for (const account of [SELLER, REFUND_TO]) await answer(world(), account, PICKY.eatsGas);
    const terms = await split(world().token.address);
    await answer(world(), REFUND_TO, PICKY.honest);
    await pay(terms);
    expect(await moneyOf(world(), terms)).to.include({ refundTo: SPLIT.toBuyer, sellerShare: SPLIT.toSeller });
  });

  it('P4: reverts when a share is refused with less gas than a settlement gives, so that no limit tells less of a receiver', async () => {
    const refuser = await useReceiver(world());
    await world().send(refuser, stranger, 'setRefuses', [true]);
    const coin = await split(ZERO_ADDRESS, { refundTo: refuser.address, seller: plainAccount(173) });
    await world().rejects(pay(coin, 2n * LEAST.coin), 'Starved');
    await world().rejects(pay(coin, 2n * LEAST.coin + BESIDE), 'Nothing');

    await usePicky(world());
    await answer(world(), REFUND_TO, PICKY.falseUnmoved);
    const terms = await split(world().token.address);
    await world().rejects(pay(terms, 2n * LEAST.token), 'Starved');
    await world().rejects(pay(terms, 2n * LEAST.token + BESIDE), 'Nothing');
  });

  it('P4: pays with as little gas as pushes that succeed need', async () => {
    await usePicky(world());
    for (const account of [SELLER, REFUND_TO]) await answer(world(), account, PICKY.refuses);
    const terms = await split(world().token.address);
    for (const account of [SELLER, REFUND_TO]) await answer(world(), account, PICKY.honest);
    await pay(terms, LEAST.token);
    expect(await moneyOf(world(), terms)).to.include({ seller: SPLIT.toSeller, refundTo: SPLIT.toBuyer, vault: 0n });
  });

  it('A18: pays each share whole or keeps it whole, however little gas a relayer gives to receivers who need much', async () => {
    await useHungryHolders();
    const terms = await split(world().token.address);
    const seen = new Set<string>();
    for (let gas = 600_000n; gas < 3_000_000n; gas += 99_991n) {
      const snapshot = await world().chain.snapshot();
      const ended = await pay(terms, gas).then(
        () => 'paid',
        () => 'reverted',
      );
      const money = await moneyOf(world(), terms);
      expect([money.seller + money.sellerShare, money.refundTo + money.refundToShare], `${gas} gas`).to.deep.equal([
        SPLIT.toSeller,
        SPLIT.toBuyer,
      ]);
      expect(money.vault, `${gas} gas`).to.equal(money.sellerShare + money.refundToShare);
      seen.add(`${ended} ${money.seller !== 0n} ${money.refundTo !== 0n}`);
      await world().chain.restore(snapshot);
    }
    expect([...seen]).to.include.members(['reverted false false', 'paid true true']);
  });
});
