import { expect } from 'chai';
import { createPrepareSettlement } from '../../server/commands/prepareSettlement.ts';
import { admin, type CommandsWorld, openCommandsWorld, refused, tokens } from './commandsWorld.ts';
import { settlementDesk } from './settlementDesk.ts';

describe('prepareSettlement, while one is open', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());
  const { ask, prepare, signed, broadcast, confirm, partlyReleased } = settlementDesk(() => world);

  it('refuses another settlement while one is open, and frees it with proof when its time is over', async () => {
    const state = await world.funded();
    const open = await prepare('release', state, { amount: '40' });
    await refused(ask('release', state, { amount: '41' }), 'settlement_open');
    await refused(ask('refund', state), 'settlement_open');
    expect((await prepare('release', state)).digest).to.equal(open.digest);
    expect(await world.useCases.voidSettlements(10)).to.equal(0);
    await world.chain.rpc('evm_increaseTime', [25 * 3_600]);
    await world.chain.finalize();
    await world.work();
    expect(await world.useCases.voidSettlements(10)).to.be.at.least(1);
    expect((await world.state(state.id)).settlement).to.equal(null);
    world.advance(25 * 3_600_000);
    expect((await prepare('refund', state)).toBuyer).to.equal(tokens(100));
  });

  it('prepares nothing for a sequence that a lagging node calls free', async () => {
    const state = await partlyReleased();
    const { gateway } = world.ports;
    const { status, remaining, released } = await gateway.record('bsc', state.termsId);
    const stale = { status, remaining, released, settleSeq: 0 };
    const lagging = createPrepareSettlement({
      ...world.ports,
      ...world.useCases,
      gateway: { ...gateway, record: async () => stale },
    });
    await refused(lagging({ actor: admin, paymentId: state.id, kind: 'release' }), 'escrow_not_final');
    const behindFinal = createPrepareSettlement({
      ...world.ports,
      ...world.useCases,
      gateway: {
        ...gateway,
        record: async (name, termsId, at) => (at === undefined ? stale : gateway.record(name, termsId, at)),
      },
      store: { ...world.ports.store, claimant: async () => null },
    });
    await refused(behindFinal({ actor: admin, paymentId: state.id, kind: 'release' }), 'escrow_not_final');
    expect((await prepare('release', state)).settleSeq).to.equal(1);
  });

  for (const [name, settleSeq] of [
    ['a sequence that is used and booked', 0],
    ['a sequence that was never reached', 7],
  ] as const) {
    it(`frees what was prepared for ${name}, once its time is over`, async () => {
      const state = await partlyReleased();
      const { timeMs } = await world.ports.chain.head('bsc');
      const validUntil = Math.floor(timeMs / 1_000) + 3_600;
      const amounts = { settleSeq, toSeller: tokens(60), toBuyer: 0n, validUntil };
      const { digest } = world.ports.gateway.settlementPayload('bsc', state.termsId, amounts);
      const signal = { kind: 'settlementPrepared', settlement: 'release', ...amounts, digest, final: true } as const;
      await world.ports.coordinator.observe(state.id, signal, { actor: 'test' });
      await world.work();
      await world.useCases.voidSettlements(10);
      expect((await world.state(state.id)).settlement?.digest).to.equal(digest);
      await world.chain.rpc('evm_increaseTime', [2 * 3_600]);
      world.advance(2 * 3_600_000);
      await world.chain.finalize();
      await world.useCases.voidSettlements(10);
      expect((await world.state(state.id)).settlement).to.equal(null);
    });
  }

  it('does not free a settlement that was broadcast and waits to be booked: its money has gone', async () => {
    const state = await world.funded();
    const { digest } = await prepare('release', state, { amount: '40' });
    const txHash = await broadcast(await prepare('release', state, { signatures: signed(digest, [0, 1]) }));
    await world.chain.rpc('evm_increaseTime', [25 * 3_600]);
    await world.chain.finalize();
    await world.work();
    await world.useCases.voidSettlements(10);
    expect((await world.state(state.id)).settlement?.digest).to.equal(digest);
    const { state: booked } = await confirm('release', state, txHash);
    expect([booked.released, booked.settlement]).to.deep.equal([tokens(40), null]);
  });
});
