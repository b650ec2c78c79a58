import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { PRICE, roles, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { useToken } from '../mocks.ts';
import { blacklist, burn, eventNames, moneyOf, SPLIT, UNIT, useReceiver } from '../payouts.ts';

describe('MarketplaceEscrow.payVaultCredit', () => {
  const world = useEscrowWorld();

  /** A closed payment of which both shares, 60 and 40, stayed in the vault. */
  async function bothRefused(): Promise<Terms> {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms({ feeBps: 0 });
    await world().payVault(terms);
    for (const account of [terms.seller, terms.refundTo]) await blacklist(world(), account);
    await world().settle(terms, SPLIT);
    return terms;
  }
  const pay = (terms: Terms) => world().act(roles.stranger, 'payVaultCredit', [terms]);
  const free = (account: string) => blacklist(world(), account, false);

  it('pays both shares to their owners whoever calls, and says so of each', async () => {
    const terms = await bothRefused();
    await free(terms.seller);
    await free(terms.refundTo);
    const receipt = await pay(terms);
    const id = world().idOf(terms);
    expect(
      world()
        .events(receipt)
        .map((event) => [event.name, ...event.args.toArray()]),
    ).to.deep.equal([
      ['VaultCreditPaid', id, terms.seller, SPLIT.toSeller],
      ['VaultCreditPaid', id, terms.refundTo, SPLIT.toBuyer],
    ]);
    const money = await moneyOf(world(), terms);
    expect(money).to.include({ seller: SPLIT.toSeller, refundTo: SPLIT.toBuyer, vault: 0n, owed: 0n });
    expect([money.sellerShare, money.refundToShare]).to.deep.equal([0n, 0n]);
  });

  it('pays the share whose owner can receive, and keeps the other', async () => {
    for (const able of ['seller', 'refundTo'] as const) {
      const terms = await bothRefused();
      await free(terms[able]);
      expect(eventNames(world(), await pay(terms))).to.deep.equal(['VaultCreditPaid']);
      const money = await moneyOf(world(), terms);
      expect(money[able]).to.equal(able === 'seller' ? SPLIT.toSeller : SPLIT.toBuyer);
      expect(money.vault).to.equal(PRICE - money[able]);
      expect([money.sellerShare, money.refundToShare]).to.deep.equal(
        able === 'seller' ? [0n, SPLIT.toBuyer] : [SPLIT.toSeller, 0n],
      );
      await world().rejects(pay(terms), 'Nothing');
    }
  });

  it('reverts when no share is owed, before a payout and after it', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms();
    await world().payVault(terms);
    await world().rejects(pay(terms), 'Nothing');
    await world().settle(terms, SPLIT);
    await world().rejects(pay(terms), 'Nothing');
    await world().mint(await world().vaultOf(terms), UNIT);
    await world().rejects(pay(terms), 'Nothing');
  });

  it('reverts given a pool payment, whose credits are in the pool', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms();
    await world().fund(terms);
    await blacklist(world(), terms.seller);
    await world().settle(terms, SPLIT);
    await free(terms.seller);
    await world().rejects(pay(terms), 'Nothing');
  });

  it('never touches what remains of an open payment', async () => {
    await useToken(world(), 'UsdcLikeToken');
    const terms = await world().terms({ feeBps: 0 });
    await world().payVault(terms);
    await blacklist(world(), terms.seller);
    await world().settle(terms, { toSeller: UNIT, toBuyer: 0n });
    await free(terms.seller);
    await pay(terms);
    expect(await moneyOf(world(), terms)).to.include({ seller: UNIT, remaining: PRICE - UNIT, vault: PRICE - UNIT });
    await world().rejects(pay(terms), 'Nothing');
  });

  it('pays native coin once its owner takes it', async () => {
    const receiver = await useReceiver(world());
    await world().send(receiver, roles.stranger, 'setRefuses', [true]);
    const terms = await world().terms({ token: ZERO_ADDRESS, seller: receiver.address, feeBps: 0 });
    await world().payVault(terms);
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    await world().rejects(pay(terms), 'Nothing');
    await world().send(receiver, roles.stranger, 'setRefuses', [false]);
    await pay(terms);
    expect(await moneyOf(world(), terms)).to.include({ seller: PRICE, vault: 0n, sellerShare: 0n });
  });

  it('P11: pays what a burn left, the seller first, and the rest when it comes: nothing stays for ever', async () => {
    const terms = await bothRefused();
    const vault = await world().vaultOf(terms);
    await burn(world(), vault, 30n * UNIT);
    await free(terms.seller);
    await free(terms.refundTo);
    await pay(terms);
    expect(await moneyOf(world(), terms)).to.include({
      seller: SPLIT.toSeller,
      refundTo: 10n * UNIT,
      sellerShare: 0n,
      refundToShare: 30n * UNIT,
      vault: 0n,
    });
    await world().rejects(pay(terms), 'Nothing');
    // What comes later belongs to the share, not to whoever recovers.
    await world().mint(vault, 30n * UNIT);
    await world().rejects(world().act(roles.stranger, 'recover', [terms, terms.token]), 'Nothing');
    await pay(terms);
    expect(await moneyOf(world(), terms)).to.include({ refundTo: SPLIT.toBuyer, refundToShare: 0n, vault: 0n });
  });

  it('P11: pays a part of the share of the seller when not even that is there', async () => {
    const terms = await bothRefused();
    await burn(world(), await world().vaultOf(terms), 50n * UNIT);
    await free(terms.seller);
    await free(terms.refundTo);
    const receipt = await pay(terms);
    expect(
      world()
        .events(receipt)
        .map((event) => event.args.toArray().slice(1)),
    ).to.deep.equal([[terms.seller, 50n * UNIT]]);
    expect(await moneyOf(world(), terms)).to.include({
      seller: 50n * UNIT,
      refundTo: 0n,
      sellerShare: 10n * UNIT,
      refundToShare: SPLIT.toBuyer,
      vault: 0n,
    });
  });

  it('P11: pays refundTo out of what a burn left while the seller cannot receive', async () => {
    const terms = await bothRefused();
    await burn(world(), await world().vaultOf(terms), 80n * UNIT);
    await free(terms.refundTo);
    await pay(terms);
    expect(await moneyOf(world(), terms)).to.include({
      refundTo: 20n * UNIT,
      refundToShare: 20n * UNIT,
      sellerShare: SPLIT.toSeller,
      vault: 0n,
    });
  });
});
