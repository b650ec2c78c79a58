import { expect } from 'chai';
import { useEscrowWorld } from '../escrowWorld.ts';

const MOST = 2n ** 96n - 1n;

describe('MarketplaceEscrow, the amount of terms', () => {
  const world = useEscrowWorld();

  it('is at most what 96 bits hold, and one unit more makes no record', async () => {
    await world().rejects(world().fund(await world().terms({ amount: MOST + 1n })), 'InvalidTerms');
    const terms = await world().terms({ amount: MOST });
    await world().fund(terms);
    expect((await world().payment(terms)).remaining).to.equal(MOST);
  });
});
