import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { type EscrowWorld, roles, SIGNER_ITEMS, STATUS, useEscrowWorld } from '../escrowWorld.ts';
import { answer, MODES, moneyOf, PICKY, RELEASE, usePicky } from '../payouts.ts';

/** Enough for everything before a push of tokens, and less than the 411,429 that must be left at the push itself. */
const TOO_LITTLE = 410_000n;

/** A stranger broadcasts the release of everything with a gas limit. */
async function release(world: EscrowWorld, terms: Terms, gas?: bigint) {
  const settle = await world.settlement(terms, RELEASE);
  const data = world.escrow.abi.encodeFunctionData('settle', [terms, settle, world.sign(settle, SIGNER_ITEMS)]);
  return world.chain.send({ from: roles.stranger.address, to: world.escrow.address, data, ...(gas ? { gas } : {}) });
}

for (const mode of MODES) {
  describe(`MarketplaceEscrow pushes by a low gas limit, ${mode} mode`, () => {
    const world = useEscrowWorld();

    it('P4: reverts below the gas of a whole push although the token refused at once, so that no limit chooses the credit', async () => {
      await usePicky(world());
      const terms = await world().terms({ feeBps: 0 });
      await world().pay(terms, mode);
      await answer(world(), terms.seller, PICKY.falseUnmoved);
      await world().rejects(release(world(), terms, TOO_LITTLE), 'Starved');
      expect(await moneyOf(world(), terms)).to.include({ sellerCredit: 0n, sellerShare: 0n });

      await release(world(), terms);
      const credit = mode === 'pool' ? 'sellerCredit' : 'sellerShare';
      expect(await moneyOf(world(), terms)).to.include({ [credit]: terms.amount, status: STATUS.closed });
    });

    it('P4: pays with as little gas as a push that succeeds needs', async () => {
      await usePicky(world());
      const terms = await world().terms({ feeBps: 0 });
      await world().pay(terms, mode);
      await release(world(), terms, TOO_LITTLE);
      expect(await moneyOf(world(), terms)).to.include({ seller: terms.amount, status: STATUS.closed });
    });
  });
}
