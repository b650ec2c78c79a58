import { expect } from 'chai';
import type { Terms } from '../escrowTerms.ts';
import { DAY, PRICE, roles, STATUS, useEscrowWorld, ZERO_ADDRESS } from '../escrowWorld.ts';
import { type ChainReceipt, readArtifact } from '../localChain.ts';

const usdtArtifact = readArtifact('mocks/UsdtLikeToken.sol', 'UsdtLikeToken');

describe('MarketplaceEscrow.reclaim', () => {
  const world = useEscrowWorld();

  async function reclaimLate(terms: Terms): Promise<ChainReceipt> {
    await world().chain.setNextTime(terms.deliverBy + 1);
    return world().act(roles.stranger, 'reclaim', [terms]);
  }

  it('sends everything that remains to refundTo without a fee', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    const events = world().events(await reclaimLate(terms));
    expect(events.map((event) => event.name)).to.deep.equal(['Settled']);
    expect(events[0]?.args.toArray()).to.deep.equal([world().idOf(terms), 0n, 0n, PRICE, 0n]);
    expect(await world().balance(terms.refundTo)).to.equal(PRICE);
    expect(await world().book()).to.deep.equal({ owed: 0n, fees: 0n });
  });

  it('sends what a partial release left', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().settle(terms, { toSeller: 100n, toBuyer: 0n });
    await reclaimLate(terms);
    expect(await world().balance(terms.refundTo)).to.equal(PRICE - 100n);
    const { remaining, released, seq, status } = await world().payment(terms);
    expect([remaining, released, seq, status]).to.deep.equal([0n, 100n, 1n, STATUS.closed]);
  });

  it('lets anybody call', async () => {
    const terms = await world().terms({ token: ZERO_ADDRESS });
    await world().fund(terms);
    const before = await world().chain.balanceAt(terms.refundTo);
    await reclaimLate(terms);
    expect((await world().chain.balanceAt(terms.refundTo)) - before).to.equal(PRICE);
  });

  it('voids a payload that was signed before', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    const validUntil = terms.deliverBy + DAY;
    const settle = await world().settlement(terms, { toSeller: PRICE, toBuyer: 0n, validUntil });
    await reclaimLate(terms);
    await world().rejects(world().act(roles.stranger, 'settle', [terms, settle, world().sign(settle)]), 'WrongStatus');
  });

  it('sends everything that remains from the vault', async () => {
    const terms = await world().terms();
    const vault = await world().payVault(terms);
    await world().settle(terms, { toSeller: 100n, toBuyer: 0n });
    await reclaimLate(terms);
    expect(await world().balance(terms.refundTo)).to.equal(PRICE - 100n);
    expect(await world().balance(vault)).to.equal(0n);
  });

  it('pays what is left when the issuer destroyed money', async () => {
    world().token = await world().deploy(usdtArtifact);
    const terms = await world().terms();
    const vault = await world().payVault(terms);
    await world().settle(terms, { toSeller: 100n, toBuyer: 0n });
    await world().send(world().token, roles.deployer, 'destroyFunds', [vault]);
    await world().mint(vault, 7n);
    const events = world().events(await reclaimLate(terms));
    expect(events.map((event) => event.name)).to.deep.equal(['Shortfall', 'Settled']);
    expect(events[0]?.args.missing).to.equal(PRICE - 107n);
    expect(events[1]?.args.toBuyer).to.equal(7n);
    expect(await world().balance(terms.refundTo, terms.token)).to.equal(7n);
  });

  it('closes even when nothing is left', async () => {
    world().token = await world().deploy(usdtArtifact);
    const terms = await world().terms();
    const vault = await world().payVault(terms);
    await world().settle(terms, { toSeller: 100n, toBuyer: 0n });
    await world().send(world().token, roles.deployer, 'destroyFunds', [vault]);
    await reclaimLate(terms);
    expect((await world().payment(terms)).status).to.equal(STATUS.closed);
  });

  it('reverts in the last second of deliverBy', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().chain.setNextTime(terms.deliverBy);
    await world().rejects(world().act(roles.refundTo, 'reclaim', [terms]), 'TooEarly');
  });

  it('pays one second later', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().chain.setNextTime(terms.deliverBy + 1);
    await world().act(roles.refundTo, 'reclaim', [terms]);
    expect((await world().payment(terms)).status).to.equal(STATUS.closed);
  });

  it('reverts given there is no record', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().rejects(reclaimLate(terms), 'WrongStatus');
  });

  it('reverts given the payment is closed', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().settle(terms, { toSeller: PRICE, toBuyer: 0n });
    await world().rejects(reclaimLate(terms), 'WrongStatus');
  });
});
