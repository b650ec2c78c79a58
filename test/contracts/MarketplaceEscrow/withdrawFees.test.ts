import { expect } from 'chai';
import { PRICE, roles, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';

const usdtArtifact = readArtifact('mocks/UsdtLikeToken.sol', 'UsdtLikeToken');
const FEE = PRICE / 100n;

describe('MarketplaceEscrow.withdrawFees', () => {
  const world = useEscrowWorld();

  async function earn(token = world().token.address): Promise<void> {
    const terms = await world().terms({ token });
    await world().fund(terms);
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
  }

  it('pays all fees to the treasury whoever calls', async () => {
    await earn();
    await earn();
    const [event] = world().events(await world().act(roles.stranger, 'withdrawFees', [world().token.address]));
    expect(event?.args.toArray()).to.deep.equal([world().token.address, 2n * FEE]);
    expect(await world().balance(roles.treasury.address)).to.equal(2n * FEE);
    expect(await world().book()).to.deep.equal({ owed: 0n, fees: 0n });
  });

  it('pays fees in native coin', async () => {
    await earn(ZERO_ADDRESS);
    const before = await world().chain.balanceAt(roles.treasury.address);
    await world().act(roles.stranger, 'withdrawFees', [ZERO_ADDRESS]);
    expect((await world().chain.balanceAt(roles.treasury.address)) - before).to.equal(FEE);
  });

  it('leaves what payments and strays hold', async () => {
    await earn();
    await world().fund(await world().terms());
    await world().mint(world().escrow.address, 5n);
    await world().act(roles.stranger, 'withdrawFees', [world().token.address]);
    expect(await world().balance(world().escrow.address)).to.equal(PRICE + 5n);
    expect(await world().book()).to.deep.equal({ owed: PRICE, fees: 0n });
  });

  it('reverts given there are no fees', async () => {
    await world().fund(await world().terms());
    await world().rejects(world().act(roles.stranger, 'withdrawFees', [world().token.address]), 'Nothing');
  });

  it('reverts when the token refuses and keeps the fees', async () => {
    world().token = await world().deploy(usdtArtifact);
    await earn();
    await world().send(world().token, roles.deployer, 'setPaused', [true]);
    await world().rejects(world().act(roles.stranger, 'withdrawFees', [world().token.address]), 'PushFailed');
    expect((await world().book()).fees).to.equal(FEE);
  });
});
