import { expect } from 'chai';
import { addressOf, admin, type CommandsWorld, openCommandsWorld, refused, tokens } from './commandsWorld.ts';

describe('resolvePayout', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());

  it('changes nothing by the name of an older forward that is dead', async () => {
    const state = await world.open();
    const { id } = state;
    await world.pay(addressOf(state), state.price);
    await world.useCases.verifyPayment(id, { askProvider: false });
    await world.useCases.forwardToVault(id);
    await world.chain.pay(world.chain.deployment.hotWalletAddress, tokens(100));
    const createPayout = async () => ({ outcome: 'unknown', message: 'cut' }) as const;
    await world.process({ provider: { createPayout } }).useCases.drivePayout(id);
    await world.relay.drain();
    const dead = (await world.state(id)).forward?.externalId ?? '';
    const resolveDead = () => world.useCases.resolvePayout({ actor: admin, externalId: dead, outcome: 'notSent' });
    await resolveDead();
    await world.useCases.forwardToVault(id, { again: true });
    await world.relay.drain();
    const before = await world.ports.store.tail(id);
    const { forward } = await world.state(id);
    expect(forward?.stage).to.equal('requested');
    expect(forward?.externalId).to.not.equal(dead);
    expect(await world.ports.queries.paymentByExternalId(dead), 'the old name still finds the payment').to.equal(id);
    await refused(resolveDead(), 'payout_not_open');
    expect(await world.ports.store.tail(id)).to.deep.equal(before);
  });
});
