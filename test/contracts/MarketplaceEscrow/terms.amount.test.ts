import { expect } from 'chai';
import { toBeHex } from 'ethers';
import { roles, useEscrowWorld } from '../escrowWorld.ts';

const MOST = 2n ** 96n - 1n;

describe('MarketplaceEscrow, the amount of terms', () => {
  const world = useEscrowWorld();

  it('is at most what 96 bits hold, and one unit more makes no record', async () => {
    const terms = await world().terms({ amount: MOST });
    const data = world().escrow.abi.encodeFunctionData('fund', [terms]);
    const above = data.replace(toBeHex(MOST, 32).slice(2), toBeHex(MOST + 1n, 32).slice(2));
    expect(above).to.not.equal(data);
    const to = world().escrow.address;
    await world().rejects(world().chain.send({ from: roles.buyer.address, to, data: above }), 'InvalidTerms');
    await world().fund(terms);
    expect((await world().payment(terms)).remaining).to.equal(MOST);
  });
});
