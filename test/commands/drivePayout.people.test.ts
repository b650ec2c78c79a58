import { expect } from 'chai';
import { custodyOf, heldBy } from '../../server/domain/facts.ts';
import {
  admin,
  buyer,
  type CommandsWorld,
  Crash,
  openCommandsWorld,
  refused,
  tokens,
  wallets,
} from './commandsWorld.ts';
import { day, minute, payoutDesk } from './payoutDesk.ts';

describe('drivePayout, when a person decides', () => {
  let world: CommandsWorld;
  // Every test has a wallet of its own: an unresolved payout of one would hold up the next.
  beforeEach(async () => {
    world = await openCommandsWorld();
  });
  afterEach(() => world.close());
  const { fill, balance, forwardOf, drive, forwarding, counting, driveToEnd } = payoutDesk(() => world);

  it('ends unknown when the process dies between claim and call, then with a person, who is checked', async () => {
    const state = await forwarding();
    await fill();
    const dying = world.process({ crashAt: 'payoutClaimed' });
    await drive(state, dying).then(
      () => expect.fail('it did not die'),
      (error) => expect(error).to.be.instanceOf(Crash),
    );
    const { posts, process } = counting();
    await drive(state, process);
    world.advance(23 * 60 * minute);
    await drive(state, process);
    expect((await forwardOf(state)).stage).to.equal('unknown');
    world.advance(61 * minute);
    await drive(state, process);
    expect((await forwardOf(state)).stage).to.equal('manual');
    expect((await world.state(state.id)).flags).to.include('manual');
    expect(posts).to.deep.equal([]);

    await world.work();
    const { externalId } = await forwardOf(state);
    const resolve = (outcome: 'sent' | 'notSent', txHash?: string) =>
      world.useCases.resolvePayout({ actor: admin, externalId, outcome, txHash });
    const alien = await world.pay(wallets.payout, tokens(100));
    await refused(resolve('sent', alien), 'transaction_mismatch');
    await refused(resolve('sent'), 'validation_failed');
    await refused(world.useCases.resolvePayout({ actor: buyer, externalId, outcome: 'notSent' }), 'forbidden');
    expect(await resolve('notSent')).to.deep.equal({ payoutId: state.id, status: 'failed' });
    await refused(resolve('notSent'), 'payout_not_open');
    const after = await world.state(state.id);
    expect([after.forwardDead, heldBy(after, 'provider')]).to.deep.equal([true, tokens(100)]);

    // Dead is dead until a person wants another forward, by asking for the release.
    await world.useCases.forwardToVault(state.id);
    expect((await forwardOf(state)).externalId).to.equal(externalId);
    const ask = { actor: admin, paymentId: state.id, kind: 'release' } as const;
    await refused(world.useCases.prepareSettlement(ask), 'escrow_forwarding');
    expect((await forwardOf(state)).externalId).not.to.equal(externalId);
    expect((await driveToEnd(state)).stage).to.equal('confirmed');
  });

  it('pays the price back out of the provider after a dead forward', async () => {
    const state = await forwarding();
    await fill();
    await drive(state, counting(async () => ({ outcome: 'unknown', message: 'cut' })).process);
    await world.work();
    const { externalId } = await forwardOf(state);
    world.advance(day);
    await world.useCases.resolvePayout({ actor: admin, externalId, outcome: 'notSent' });
    const ask = { actor: admin, paymentId: state.id, kind: 'refund' } as const;
    const payout = await world.useCases.prepareSettlement(ask);
    if (payout.kind !== 'payout') throw new Error('no payout');
    await world.work();
    for (let step = 0; step < 8; step += 1) {
      await world.control('tick', {});
      await world.chain.finalize();
      world.advance(minute);
      await world.work();
    }
    const ended = await world.state(state.id);
    expect([ended.status, ended.refunded]).to.deep.equal(['refunded', tokens(100)]);
    expect(await balance(wallets.refund)).to.equal(tokens(100));
  });

  it('takes a person’s word that it was sent only with the final transfer', async () => {
    const state = await forwarding();
    await drive(state);
    await fill();
    await drive(state, counting(async () => ({ outcome: 'unknown', message: 'cut' })).process);
    await world.work();
    const { externalId } = await forwardOf(state);
    const { deployment } = world.chain;
    const sent = await world.chain.pay(state.vault, tokens(100), deployment.hotWalletKey);
    const resolve = (outcome: 'sent' | 'notSent') =>
      world.useCases.resolvePayout({ actor: admin, externalId, outcome, txHash: sent.hash });
    await refused(resolve('sent'), 'escrow_not_final');
    await refused(resolve('notSent'), 'transaction_mismatch');
    await world.chain.finalize();
    expect(await resolve('sent')).to.deep.equal({ payoutId: state.id, status: 'completed' });
    expect(custodyOf(await world.state(state.id))).to.equal('contract');
  });
});
