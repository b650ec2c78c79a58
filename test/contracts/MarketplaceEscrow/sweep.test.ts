import { expect } from 'chai';
import { PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { readArtifact } from '../localChain.ts';
import { HOSTILE } from '../mocks.ts';

const usdtArtifact = readArtifact('mocks/UsdtLikeToken.sol', 'UsdtLikeToken');
const hostileArtifact = readArtifact('mocks/HostileToken.sol', 'HostileToken');

describe('MarketplaceEscrow.sweep', () => {
  const world = useEscrowWorld();

  it('moves exactly the amount into the pool and makes a record', async () => {
    for (const from of [roles.buyer, roles.seller, roles.signers[2]]) {
      const terms = await world().terms();
      const vault = await world().payVault(terms);
      const before = await world().book();
      await world().act(from, 'sweep', [terms]);
      expect(await world().balance(vault)).to.equal(0n);
      expect((await world().book()).owed - before.owed).to.equal(PRICE);
      const { remaining, status, inVault, vaultDeployed } = await world().payment(terms);
      expect([remaining, status, inVault, vaultDeployed]).to.deep.equal([PRICE, STATUS.funded, false, true]);
    }
    expect(await world().balance(world().escrow.address)).to.equal(3n * PRICE);
  });

  it('emits Funded with source 1', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    const [event] = world().events(await world().act(roles.seller, 'sweep', [terms]));
    expect([event?.name, event?.args.id, event?.args.source]).to.deep.equal(['Funded', world().idOf(terms), 1n]);
  });

  it('leaves a surplus in the vault', async () => {
    const terms = await world().terms();
    const vault = await world().payVault(terms, PRICE + 5n);
    await world().act(roles.seller, 'sweep', [terms]);
    expect(await world().balance(vault)).to.equal(5n);
  });

  it('moves native coin', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    await world().payVault(terms, PRICE + 5n);
    await world().act(roles.seller, 'sweep', [terms]);
    expect(await world().chain.balanceAt(world().escrow.address)).to.equal(PRICE);
    await world().settle(terms, { toSeller: 0n, toBuyer: PRICE });
    expect((await world().payment(terms)).status).to.equal(STATUS.closed);
  });

  it('keeps the seq of an earlier bump', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().act(roles.signers[0], 'bumpSeq', [world().idOf(terms)]);
    await world().act(roles.seller, 'sweep', [terms]);
    const { seq, bumps } = await world().payment(terms);
    expect([seq, bumps]).to.deep.equal([1n, 1n]);
  });

  it('uses a vault that a recovery deployed before', async () => {
    const terms = await world().terms();
    await world().payVault(terms, PRICE + 5n);
    await world().act(roles.stranger, 'recover', [terms, terms.token]);
    expect((await world().payment(terms)).vaultDeployed).to.equal(true);
    await world().act(roles.seller, 'sweep', [terms]);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('reverts when a stranger sweeps', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    for (const from of [roles.stranger, roles.guardian, roles.refundTo]) {
      await world().rejects(world().act(from, 'sweep', [terms]), 'NotAllowed');
    }
  });

  it('sweeps in the last second', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().chain.setNextTime(terms.deliverBy);
    await world().act(roles.seller, 'sweep', [terms]);
    expect((await world().payment(terms)).status).to.equal(STATUS.funded);
  });

  it('reverts one second after deliverBy', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().chain.setNextTime(terms.deliverBy + 1);
    await world().rejects(world().act(roles.seller, 'sweep', [terms]), 'TooLate');
  });

  it('reverts given the vault is short by one unit', async () => {
    const terms = await world().terms();
    await world().payVault(terms, PRICE - 1n);
    await world().rejects(world().act(roles.seller, 'sweep', [terms]), 'VaultShort');
  });

  it('reverts given the id is used', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().payVault(terms);
    await world().rejects(world().act(roles.seller, 'sweep', [terms]), 'WrongStatus');
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    await world().rejects(world().act(roles.seller, 'sweep', [terms]), 'WrongStatus');
  });

  it('reverts when the terms are invalid', async () => {
    const terms = await world().terms({ feeBps: 1_001 });
    await world().payVault(terms);
    await world().rejects(world().act(roles.seller, 'sweep', [terms]), 'InvalidTerms');
  });

  it('reverts when the token takes a fee', async () => {
    world().token = await world().deploy(usdtArtifact);
    const terms = await world().terms();
    await world().payVault(terms);
    await world().send(world().token, roles.deployer, 'setFeeRate', [10]);
    await world().rejects(world().act(roles.seller, 'sweep', [terms]), 'WrongInflow');
  });

  it('reverts when the token returns false', async () => {
    world().token = await world().deploy(hostileArtifact);
    const terms = await world().terms();
    await world().payVault(terms);
    await world().send(world().token, roles.deployer, 'setMode', [HOSTILE.falseUnmoved]);
    await world().rejects(world().act(roles.seller, 'sweep', [terms]), 'PushFailed');
  });
});
