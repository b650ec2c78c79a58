import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { roles, useEscrowWorld } from '../escrowWorld.ts';
import { answer, burn, moneyOf, PICKY, SPLIT, UNIT, usePicky } from '../payouts.ts';

/** The larger share is left. */
const BURNS = [0n, 1n, 40n * UNIT];

describe('MarketplaceEscrow.payVaultCredit of a token that says false', () => {
  const world = useEscrowWorld();

  /** A closed payment of which both shares, 60 and 40, stayed in the vault, of which a part is burnt then. */
  async function bothRefused(burnt: bigint): Promise<Terms> {
    await usePicky(world());
    const terms = await world().terms({ feeBps: 0 });
    const vault = await world().payVault(terms);
    for (const account of [terms.seller, terms.refundTo]) await answer(world(), account, PICKY.falseUnmoved);
    await world().settle(terms, SPLIT);
    await burn(world(), vault, burnt);
    return terms;
  }
  const pay = (terms: Terms) => world().act(roles.stranger, 'payVaultCredit', [terms]);

  it('P11: pays a party after a burn although the token says false to the other one, who could else hold the money up', async () => {
    for (const burnt of BURNS) {
      for (const able of ['seller', 'refundTo'] as const) {
        const terms = await bothRefused(burnt);
        await answer(world(), terms[able], PICKY.honest);
        await pay(terms);
        const share = able === 'seller' ? SPLIT.toSeller : SPLIT.toBuyer;
        expect(await moneyOf(world(), terms), `${able}, ${burnt} burnt`).to.include({
          [able]: share,
          vault: SPLIT.toSeller + SPLIT.toBuyer - burnt - share,
          sellerShare: able === 'seller' ? 0n : SPLIT.toSeller,
          refundToShare: able === 'seller' ? SPLIT.toBuyer : 0n,
        });
      }
    }
  });

  it('A9: reverts when a share moved although the token says false, because it would be paid twice', async () => {
    for (const burnt of BURNS) {
      for (const liar of ['seller', 'refundTo'] as const) {
        const terms = await bothRefused(burnt);
        await answer(world(), terms[liar], PICKY.falseMoved);
        const before = await moneyOf(world(), terms);
        await world().rejects(pay(terms), 'NotCovered');
        expect(await moneyOf(world(), terms), `${liar}, ${burnt} burnt`).to.deep.equal(before);
      }
    }
  });

  it('A9: does not let a surplus in the vault hide that a share moved', async () => {
    const terms = await bothRefused(0n);
    await world().payVault(terms);
    await answer(world(), terms.seller, PICKY.falseMoved);
    await world().rejects(pay(terms), 'NotCovered');
  });

  it('reverts when the token says false to both', async () => {
    await world().rejects(pay(await bothRefused(1n)), 'Nothing');
  });
});
