import { expect } from 'chai';
import { PRICE, roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';
import { answer, moneyOf, PICKY, usePicky } from '../payouts.ts';

/** A payment whose fee of 1 % is one unit. */
const AMOUNT = 100n;

describe('MarketplaceEscrow fees of a vault that get lost', () => {
  const world = useEscrowWorld();

  it('A16: books nothing for a fee that the token says it moved to the pool and that did not arrive', async () => {
    await usePicky(world());
    const terms = await world().terms({ amount: AMOUNT });
    await world().payVault(terms);
    await answer(world(), roles.treasury.address, PICKY.refuses);
    // The token keeps one unit of what it moves: the whole fee.
    await answer(world(), world().escrow.address, PICKY.toll);
    const events = world().events(await world().settle(terms, { toSeller: AMOUNT, toBuyer: 0n }));
    expect(events.at(-1)?.args.fee).to.equal(1n);
    expect(await moneyOf(world(), terms)).to.include({
      seller: AMOUNT - 1n,
      vault: 0n,
      escrow: 0n,
      fees: 0n,
      owed: 0n,
      status: STATUS.closed,
    });
    await world().rejects(world().act(roles.stranger, 'withdrawFees', [terms.token]), 'Nothing');
  });

  it('A16: books of a fee what arrived of it, whatever else the pool holds', async () => {
    await usePicky(world());
    await world().fund(await world().terms());
    const terms = await world().terms({ amount: 2n * AMOUNT });
    await world().payVault(terms);
    await answer(world(), roles.treasury.address, PICKY.refuses);
    // The token keeps one unit of what it moves: half of the fee.
    await answer(world(), world().escrow.address, PICKY.toll);
    await world().settle(terms, { toSeller: 2n * AMOUNT, toBuyer: 0n });
    expect(await moneyOf(world(), terms)).to.include({
      seller: 2n * AMOUNT - 2n,
      escrow: PRICE + 1n,
      fees: 1n,
      owed: PRICE + 1n,
    });
  });
});
