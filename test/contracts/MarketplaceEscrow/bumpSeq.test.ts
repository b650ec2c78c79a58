import { expect } from 'chai';
import { PRICE, roles, STATUS, useEscrowWorld } from '../escrowWorld.ts';

describe('MarketplaceEscrow.bumpSeq', () => {
  const world = useEscrowWorld();
  const release = { toSeller: PRICE, toBuyer: 0n };

  it('raises the seq and voids the outstanding payload', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    const settle = await world().settlement(terms, release);
    await world().act(roles.signers[1], 'bumpSeq', [world().idOf(terms)]);
    await world().rejects(world().act(roles.stranger, 'settle', [terms, settle, world().sign(settle)]), 'WrongSeq');
    await world().settle(terms, release);
    const { seq, bumps, status } = await world().payment(terms);
    expect([seq, bumps, status]).to.deep.equal([2n, 1n, STATUS.closed]);
  });

  it('works before there is a record', async () => {
    const terms = await world().terms();
    await world().payVault(terms);
    await world().act(roles.signers[0], 'bumpSeq', [world().idOf(terms)]);
    await world().rejects(world().settle(terms, { ...release, seq: 0 }), 'WrongSeq');
    await world().settle(terms, { ...release, seq: 1 });
    expect((await world().payment(terms)).inVault).to.equal(true);
  });

  it('emits the new seq', async () => {
    const id = world().idOf(await world().terms());
    const [event] = world().events(await world().act(roles.signers[0], 'bumpSeq', [id]));
    expect(event?.args.toArray()).to.deep.equal([id, 1n]);
  });

  it('reverts for anybody but a signer', async () => {
    const id = world().idOf(await world().terms());
    for (const from of [roles.stranger, roles.guardian, roles.treasury, roles.buyer, roles.seller]) {
      await world().rejects(world().act(from, 'bumpSeq', [id]), 'NotAllowed');
    }
  });

  it('reverts at the eighth bump and leaves the timers open', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    const id = world().idOf(terms);
    for (let count = 0; count < 7; count += 1) await world().act(roles.signers[0], 'bumpSeq', [id]);
    await world().rejects(world().act(roles.signers[0], 'bumpSeq', [id]), 'BumpLimit');
    expect((await world().payment(terms)).bumps).to.equal(7n);
    await world().chain.setNextTime(terms.deliverBy + 1);
    await world().act(roles.stranger, 'reclaim', [terms]);
    expect((await world().payment(terms)).seq).to.equal(7n);
  });

  it('reverts given the payment is closed', async () => {
    const terms = await world().terms();
    await world().fund(terms);
    await world().settle(terms, release);
    await world().rejects(world().act(roles.signers[0], 'bumpSeq', [world().idOf(terms)]), 'WrongStatus');
  });
});
