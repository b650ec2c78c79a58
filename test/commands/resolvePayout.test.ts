import { expect } from 'chai';
import { createDrivePayout } from '../../server/commands/drivePayout.ts';
import { account, assetName, balanceOf } from '../../server/domain/ledger.ts';
import { AppError } from '../../server/errors.ts';
import type { PayInProvider } from '../../server/ports/outside.ts';
import {
  addressOf,
  admin,
  buyer,
  type CommandsWorld,
  openCommandsWorld,
  type Process,
  refused,
  tokens,
  wallets,
} from './commandsWorld.ts';
import { day, minute } from './payoutDesk.ts';

const week = 7 * day;

describe('resolvePayout', () => {
  let world: CommandsWorld;
  // Every test has a wallet of its own: what one leaves unresolved would hold up the next.
  beforeEach(async () => {
    world = await openCommandsWorld();
    await world.chain.pay(world.chain.deployment.hotWalletAddress, tokens(1_000));
  });
  afterEach(() => world.close());

  const machineOf = async (payoutId: string) => {
    const state = (await world.ports.store.tail(payoutId))?.state;
    if (state?.direction !== 'out') throw new Error(`${payoutId} is no payout`);
    return state.machine;
  };
  const notSent = (externalId: string, process: Process = world) =>
    process.useCases.resolvePayout({ actor: admin, externalId, outcome: 'notSent' });
  const excess = async (paymentId: string) => {
    const { asset, balances, id } = await world.state(paymentId);
    return balanceOf(balances, account.excess('provider', id), assetName(asset));
  };
  const hotWalletSends = (amount: number) =>
    world.chain.pay(wallets.refund, tokens(amount), world.chain.deployment.hotWalletKey);

  /** A refund of 30 of the tokens that came to a cancelled payment, requested and not yet sent. */
  async function refunding(arrived = 30) {
    const state = await world.open();
    await world.useCases.cancelPayment({ actor: buyer, paymentId: state.id });
    await world.pay(addressOf(state), tokens(arrived));
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    return refundOf(state.id);
  }
  async function refundOf(paymentId: string) {
    const payout = await world.useCases.prepareSettlement({ actor: admin, paymentId, kind: 'refund', amount: '30' });
    if (payout.kind !== 'payout') throw new Error('no payout');
    await world.relay.drain();
    return { ...payout, paymentId };
  }

  /** A process whose calls are cut, and whose provider says this of them. */
  const cut = (more: Partial<PayInProvider> = {}) =>
    world.process({
      provider: {
        createPayout: async () => ({ outcome: 'unknown', message: 'cut' }),
        getPayoutStatus: async () => null,
        ...more,
      },
    });
  const row = (status: 'IN_PROGRESS' | 'SUCCESS' | 'FAIL', txHash: string | null = null) =>
    cut({ getPayoutStatus: async () => ({ status, txHash }) });

  it('changes nothing by the name of an older forward that is dead', async () => {
    const state = await world.open();
    const { id } = state;
    await world.pay(addressOf(state), state.price);
    await world.useCases.verifyPayment(id, { askProvider: false });
    await world.useCases.forwardToVault(id);
    await cut().useCases.drivePayout(id);
    await world.relay.drain();
    const dead = (await world.state(id)).forward?.externalId ?? '';
    world.advance(day);
    await notSent(dead);
    await world.useCases.forwardToVault(id, { again: true });
    await world.relay.drain();
    const before = await world.ports.store.tail(id);
    const { forward } = await world.state(id);
    expect(forward?.stage).to.equal('requested');
    expect(forward?.externalId).to.not.equal(dead);
    expect(await world.ports.queries.paymentByExternalId(dead), 'the old name still finds the payment').to.equal(id);
    await refused(notSent(dead), 'payout_not_open');
    expect(await world.ports.store.tail(id)).to.deep.equal(before);
  });

  it('takes back what nobody was asked to send at once', async () => {
    const { externalId, paymentId } = await refunding();
    const away = async () => {
      throw new AppError('provider_failed', 'away');
    };
    expect((await notSent(externalId, cut({ getPayoutStatus: away }))).status).to.equal('failed');
    await world.work();
    expect(await excess(paymentId)).to.equal(tokens(30));
  });

  it('calls no payout dead that the provider works on: its money would leave twice', async () => {
    const { externalId, paymentId, payoutId } = await refunding(50);
    await world.control('switches', { stuckTx: true });
    await world.useCases.drivePayout(payoutId);
    expect((await machineOf(payoutId)).stage).to.equal('submitted');
    const error = await refused(notSent(externalId), 'illegal_transition');
    expect(error.details).to.deep.equal({ reason: 'payout_too_young' });
    world.advance(day);
    expect((await refused(notSent(externalId), 'illegal_transition')).details).to.deep.equal({
      reason: 'provider_at_work',
    });
    await world.work();
    expect(await excess(paymentId)).to.equal(tokens(20));
  });

  it('asks the provider, and believes nothing of one that is away or says that it was sent', async () => {
    const { externalId, payoutId } = await refunding();
    await cut().useCases.drivePayout(payoutId);
    await refused(notSent(externalId, cut()), 'illegal_transition');
    world.advance(8 * day);
    const away = async () => {
      throw new AppError('provider_failed', 'away');
    };
    await refused(notSent(externalId, cut({ getPayoutStatus: away })), 'provider_failed');
    const { details } = await refused(notSent(externalId, row('SUCCESS')), 'illegal_transition');
    expect(details).to.deep.equal({ reason: 'provider_sent' });
    expect((await machineOf(payoutId)).stage).to.equal('unknown');
    expect((await notSent(externalId, cut())).status).to.equal('failed');
  });

  it('believes a row for a week, since the provider ends none after a day; a failed one not at all', async () => {
    const { externalId, paymentId, payoutId } = await refunding(90);
    await cut().useCases.drivePayout(payoutId);
    world.advance(week - minute);
    await refused(notSent(externalId, row('IN_PROGRESS')), 'illegal_transition');
    await refused(notSent(externalId, row('FAIL', `0x${'5e'.repeat(32)}`)), 'illegal_transition');
    world.advance(2 * minute);
    expect((await notSent(externalId, row('IN_PROGRESS'))).status).to.equal('failed');
    await world.work();
    const again = await refundOf(paymentId);
    await cut().useCases.drivePayout(again.payoutId);
    world.advance(day);
    expect((await notSent(again.externalId, row('FAIL'))).status).to.equal('failed');
  });

  it('believes the refusal of a payout and not the row that it left', async () => {
    const { externalId, payoutId } = await refunding();
    const refusing = cut({ createPayout: async () => ({ outcome: 'refused', message: 'not enough' }) });
    await refusing.useCases.drivePayout(payoutId);
    expect((await machineOf(payoutId)).stage).to.equal('refused');
    world.advance(day);
    expect((await notSent(externalId, row('IN_PROGRESS'))).status).to.equal('failed');
  });

  it('keeps a refusal that came while no node answered, so that the row it left holds nobody up for a week', async () => {
    const { externalId, payoutId } = await refunding();
    const { ports } = cut({ createPayout: async () => ({ outcome: 'refused', message: 'not enough' }) });
    const transactionCounts = async () => {
      throw new AppError('chain_unavailable', 'No node answers.');
    };
    await createDrivePayout({ ...ports, chain: { ...ports.chain, transactionCounts } })(payoutId);
    expect(await machineOf(payoutId)).to.include({ stage: 'refused', reason: 'not enough', reportedNonce: null });
    world.advance(day);
    expect((await notSent(externalId, row('IN_PROGRESS'))).status).to.equal('failed');
  });

  it('needs no day once a person has it and the wallet is past the transaction it could have been', async () => {
    const { externalId, payoutId } = await refunding();
    const refusing = cut({ createPayout: async () => ({ outcome: 'refused', message: 'not enough' }) });
    await refusing.useCases.drivePayout(payoutId);
    const told = { stage: 'manual', txHash: null, walletNonce: null, reason: 'a person asks' } as const;
    await world.ports.coordinator.observe(payoutId, { kind: 'payoutReported', ...told }, { actor: 'test' });
    await refused(notSent(externalId, cut()), 'illegal_transition');
    await hotWalletSends(1);
    await world.chain.finalize();
    expect((await notSent(externalId, cut())).status).to.equal('failed');
  });

  it('books a payout that was sent after it was called dead, once it is final, and sounds the alarm', async () => {
    const { externalId, paymentId, payoutId } = await refunding(50);
    await cut().useCases.drivePayout(payoutId);
    world.advance(day);
    await notSent(externalId, cut());
    await world.work();
    expect(await excess(paymentId)).to.equal(tokens(50));
    const { hash: txHash } = await hotWalletSends(30);
    expect((await world.useCases.drivePayout(payoutId)).nextAtMs, 'it is still looked at').to.be.a('number');
    expect((await machineOf(payoutId)).stage).to.equal('dead');
    await world.chain.finalize();
    world.advance(10 * minute);
    await world.work();
    expect(await machineOf(payoutId)).to.include({ stage: 'confirmed', txHash });
    const state = await world.state(paymentId);
    expect([await excess(paymentId), state.payouts[0]?.outcome]).to.deep.equal([tokens(20), 'succeeded']);
    expect(state.flags).to.include('manual');
    const alarms = (await world.ports.store.tail(paymentId))?.effects.filter(({ type }) => type === 'alarm');
    expect(alarms).to.have.length(1);
    expect(alarms?.[0]).to.include({ reason: 'dead_payout_succeeded' });
    world.advance(31 * day);
    expect((await world.useCases.drivePayout(payoutId)).nextAtMs).to.equal(null);
  });

  it('takes no transfer of a later, equal payout for the dead one', async () => {
    const dead = await refunding(90);
    await cut().useCases.drivePayout(dead.payoutId);
    world.advance(day);
    await notSent(dead.externalId, cut());
    await world.work();
    const later = await refundOf(dead.paymentId);
    await cut().useCases.drivePayout(later.payoutId);
    const sent = await hotWalletSends(30);
    await world.chain.finalize();
    await world.useCases.drivePayout(dead.payoutId);
    expect((await machineOf(dead.payoutId)).stage).to.equal('dead');
    await cut().useCases.drivePayout(later.payoutId);
    await cut().useCases.drivePayout(later.payoutId);
    expect(await machineOf(later.payoutId)).to.include({ stage: 'confirmed', txHash: sent.hash });
    // its payment has not heard of it yet, so nobody has claimed the transaction
    await world.useCases.drivePayout(dead.payoutId);
    expect((await machineOf(dead.payoutId)).stage).to.equal('dead');
    await world.work();
    await hotWalletSends(30);
    await world.chain.finalize();
    await world.useCases.drivePayout(dead.payoutId);
    expect((await machineOf(dead.payoutId)).stage).to.equal('confirmed');
  });

  it('takes no transfer that paid an equal payout for the next one, which nobody would then send', async () => {
    const first = await refunding(90);
    await cut().useCases.drivePayout(first.payoutId);
    const { hash: txHash } = await hotWalletSends(30);
    await world.chain.finalize();
    const sent = (externalId: string) =>
      world.useCases.resolvePayout({ actor: admin, externalId, outcome: 'sent', txHash });
    expect((await sent(first.externalId)).status).to.equal('completed');
    const before = await refundOf(first.paymentId);
    await refused(sent(before.externalId), 'transaction_already_used');
    await world.work();
    await refused(sent((await refundOf(first.paymentId)).externalId), 'transaction_already_used');
    expect((await world.state(first.paymentId)).payouts.map(({ outcome }) => outcome)).to.deep.equal([
      ...['succeeded', 'open', 'open'],
    ]);
    expect((await machineOf(before.payoutId)).stage).to.not.equal('confirmed');
  });

  it('gives what the provider calls a payout by the transfer of another one to a person', async () => {
    const first = await refunding(90);
    await cut().useCases.drivePayout(first.payoutId);
    const { hash } = await hotWalletSends(30);
    await world.chain.finalize();
    await world.useCases.resolvePayout({ actor: admin, externalId: first.externalId, outcome: 'sent', txHash: hash });
    const second = await refundOf(first.paymentId);
    const told = { walletNonce: null, reason: 'hot_wallet_changed', txHash: null } as const;
    const manual = { kind: 'payoutReported', stage: 'manual', ...told } as const;
    await world.ports.coordinator.observe(second.payoutId, manual, { actor: 'test' });
    const lying = row('SUCCESS', hash);
    for (let step = 0; step < 3; step += 1) await lying.useCases.drivePayout(second.payoutId);
    expect(await machineOf(second.payoutId)).to.include({ stage: 'manual', postedAtMs: null });
    await world.work();
    expect((await world.state(first.paymentId)).payouts.map(({ outcome }) => outcome)).to.deep.equal([
      ...['succeeded', 'open'],
    ]);
  });
});
