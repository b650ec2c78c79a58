import { expect } from 'chai';
import { createPrepareBatch } from '../../server/commands/prepareBatch.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import type { AppError, ErrorCode } from '../../server/errors.ts';
import { addressOf, admin, type CommandsWorld, openCommandsWorld, refused, tokens } from './commandsWorld.ts';
import { settlementDesk } from './settlementDesk.ts';

describe('what stops a settlement that is prepared', function () {
  this.timeout(60_000);
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());

  const { ask, prepare, signed, broadcast, confirm } = settlementDesk(() => world);
  const hold = ({ id }: PaymentState, on = true) =>
    world.ports.coordinator.observe(id, { kind: 'riskAssessed', hold: on }, { actor: 'screening' });
  const batch = (states: readonly PaymentState[], signatures: readonly string[] = [], run = world.useCases) =>
    run.prepareBatch({ actor: admin, items: states.map(({ id: paymentId }) => ({ paymentId })), signatures });
  const open = async ({ id }: PaymentState) => (await world.state(id)).settlement;
  /** The only payment that the batch names, and why. */
  async function named(work: Promise<unknown>, code: ErrorCode): Promise<Record<string, unknown>> {
    const { details } = await refused(work, 'batch_refused');
    const [item, ...others] = details.items as Record<string, unknown>[];
    expect([item?.code, others.length]).to.deep.equal([code, 0]);
    return item ?? {};
  }

  it('a hold by screening keeps the transaction of a batch back, and its signatures are of use again once it ends', async () => {
    const state = await world.funded();
    const { digest } = await batch([state]);
    await hold(state);
    await named(batch([state], signed(digest, [0, 1])), 'risk_hold');
    await named(batch([state]), 'risk_hold');
    await hold(state, false);
    expect((await batch([state], signed(digest, [0, 1]))).transactions).to.not.equal(null);
  });

  it('a hold by screening keeps the transaction of a single release back, signed before the hold or after', async () => {
    const state = await world.funded();
    const { digest } = await prepare('release', state);
    await prepare('release', state, { signatures: signed(digest, [0]) });
    await hold(state);
    await refused(ask('release', state, { signatures: signed(digest, [1]) }), 'risk_hold');
    expect((await open(state))?.signatures).to.have.length(1);
    await hold(state, false);
    await prepare('release', state, { signatures: signed(digest, [1]) });
    await hold(state);
    await refused(ask('release', state), 'risk_hold');
    await hold(state, false);
    expect((await prepare('release', state)).transaction).to.not.equal(null);
  });

  it('signatures with nothing prepared are refused and reserve nothing', async () => {
    const state = await world.funded();
    const signatures = signed(`0x${'11'.repeat(32)}`, [0, 1]);
    await refused(ask('release', state, { signatures }), 'no_open_settlement');
    await refused(ask('refund', state, { signatures, amount: '1' }), 'no_open_settlement');
    expect(await open(state)).to.equal(null);
  });

  it('a batch without an amount releases all that is left, so neither an open split nor an open part is taken for it', async () => {
    const [split, part] = [await world.funded(), await world.funded()];
    await prepare('release', split, { toSeller: '10', toBuyer: '90' });
    await prepare('release', part, { amount: '40' });
    await named(batch([split]), 'settlement_open');
    await named(batch([part]), 'settlement_open');
    const exact = await world.useCases.prepareBatch({
      actor: admin,
      items: [{ paymentId: part.id, amount: '40' }],
    });
    expect(exact.items[0]?.settlement.toSeller).to.equal(tokens(40));
  });

  it('a disputed payment is refused in a batch and left to its own release', async () => {
    const state = await world.funded();
    const dispute = { kind: 'disputeOpened', txHash: `0x${'22'.repeat(32)}` } as const;
    await world.ports.coordinator.observe(state.id, dispute, { actor: 'test' });
    expect((await world.state(state.id)).flags).to.deep.equal(['disputed']);
    await named(batch([state]), 'illegal_transition');
    expect(await open(state)).to.equal(null);
    expect((await prepare('release', state)).missing).to.equal(2);
    await named(batch([state]), 'illegal_transition');
  });

  it('a batch starts no second forward after a dead one: only the release of the payment by itself does', async () => {
    const state = await world.open();
    await world.pay(addressOf(state), state.price);
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    await world.useCases.forwardToVault(state.id);
    const dead = (await world.state(state.id)).forward?.externalId;
    const waiting = 'The money is on its way into the escrow; ask again in a moment.';
    expect(await named(batch([state]), 'escrow_forwarding')).to.include({ message: waiting });
    await world.ports.coordinator.observe(state.id, { kind: 'forwardFailed', proof: 'refused' }, { actor: 'test' });
    const { message } = await named(batch([state]), 'escrow_forwarding');
    expect(message).to.include('the release of this payment by itself starts the next one');
    expect((await world.state(state.id)).forward).to.include({ stage: 'dead', externalId: dead });
    await refused(ask('release', state), 'escrow_forwarding');
    expect((await world.state(state.id)).forward?.externalId).not.to.equal(dead);
    expect(await named(batch([state]), 'escrow_forwarding')).to.include({ message: waiting });
  });

  it('a mined settlement is named by its transaction, and a reorganisation that took it away lets the batch go on', async () => {
    const state = await world.funded();
    const { digest } = await prepare('release', state);
    const hash = await broadcast(await prepare('release', state, { signatures: signed(digest, [0, 1]) }));
    await confirm('release', state, hash);
    const { message, txHash } = await named(batch([state]), 'settlement_open');
    expect([txHash, message]).to.deep.equal([hash, 'The prepared settlement is mined already and waits for finality.']);
    await world.chain.reorganise(2);
    expect((await open(state))?.seenTxHash).to.equal(hash);
    expect((await batch([state])).items[0]?.settlement.settleSeq).to.equal(0);
  });

  it('what the contract has paid out and the books do not know yet is prepared a second time neither alone nor in a batch', async () => {
    const state = await world.funded();
    await world.chain.settle(state.terms, { toSeller: tokens(60), toBuyer: 0n });
    await refused(ask('release', state), 'escrow_not_final');
    await refused(ask('refund', state, { amount: '41' }), 'escrow_not_final');
    await refused(ask('refund', state, { amount: '101' }), 'amount_exceeds_balance');
    await named(batch([state]), 'escrow_not_final');
    expect(await open(state)).to.equal(null);
    expect((await prepare('refund', state, { amount: '40' })).settleSeq).to.equal(1);
  });

  it('a payment that changes while the others are recorded is named, and so are those that stay prepared', async () => {
    const [first, second] = [await world.funded(), await world.funded()];
    const observe: typeof world.ports.coordinator.observe = async (id, signal, context) => {
      if (id === second.id) await hold(second);
      return world.ports.coordinator.observe(id, signal, context);
    };
    const late = { ...world.useCases, prepareBatch: createPrepareBatch({ ...world.ports, coordinator: { observe } }) };
    const error: AppError = await refused(batch([first, second], [], late), 'batch_refused');
    expect(error.details.prepared).to.deep.equal([first.id]);
    expect(error.details.items).to.have.length(1);
    expect(error.message).to.include('the others are prepared').and.not.include('as a whole');
    expect([(await open(first))?.kind, await open(second)]).to.deep.equal(['release', null]);
  });
});
