import { expect } from 'chai';
import { createDrivePayout } from '../../server/commands/drivePayout.ts';
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

describe('drivePayout, before the one call', () => {
  let world: CommandsWorld;
  // Every test has a wallet of its own: an unresolved payout of one would hold up the next.
  beforeEach(async () => {
    world = await openCommandsWorld();
  });
  afterEach(() => world.close());

  const fill = () => world.chain.pay(world.chain.deployment.hotWalletAddress, tokens(1_000));
  const drive = (id: string, process: Process = world) => process.useCases.drivePayout(id);
  const machineOf = async (payoutId: string) => {
    const state = (await world.ports.store.tail(payoutId))?.state;
    if (state?.direction !== 'out') throw new Error(`${payoutId} is no payout`);
    return state.machine;
  };
  const forwardOf = async (id: string) => {
    const { forward } = await world.state(id);
    if (forward === null) throw new Error('no forward');
    return forward;
  };

  /** A process that counts its POSTs and hears nothing of what became of them. */
  function silent(more: Partial<PayInProvider> = {}) {
    const posts: string[] = [];
    const createPayout: PayInProvider['createPayout'] = async ({ externalId }) => {
      posts.push(externalId);
      return { outcome: 'unknown', message: 'cut' };
    };
    return {
      posts,
      process: world.process({ provider: { createPayout, getPayoutStatus: async () => null, ...more } }),
    };
  }

  /** A payment whose price the provider holds, final, with its forward requested. */
  async function forwarding() {
    const state = await world.open();
    await world.pay(addressOf(state), state.price);
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    await world.useCases.forwardToVault(state.id);
    return state;
  }

  /** A refund of 30 tokens that came to a cancelled payment, requested and not yet sent. */
  async function refunding(arrive = world.pay) {
    const state = await world.open();
    await world.useCases.cancelPayment({ actor: buyer, paymentId: state.id });
    await arrive(addressOf(state), tokens(30));
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    const ask = { actor: admin, paymentId: state.id, kind: 'refund' } as const;
    const payout = await world.useCases.prepareSettlement(ask);
    if (payout.kind !== 'payout') throw new Error('no payout');
    await world.relay.drain();
    return { ...payout, paymentId: state.id };
  }

  it('sends nothing to an address that is not the vault of the terms: a damaged record cannot direct money', async () => {
    const { id } = await forwarding();
    await fill();
    const { posts, process } = silent();
    const gateway = {
      ...process.ports.gateway,
      identify: (...words: Parameters<typeof process.ports.gateway.identify>) => ({
        ...process.ports.gateway.identify(...words),
        vault: wallets.payout,
      }),
    };
    await createDrivePayout({ ...process.ports, gateway })(id);
    expect(await forwardOf(id)).to.include({ stage: 'manual', reason: 'destination_is_not_the_vault' });
    expect(posts).to.deep.equal([]);
  });

  it('sends nothing from a wallet that is not the pinned one, nor while the provider does not say which it uses', async () => {
    const { id } = await forwarding();
    await fill();
    const away = async () => {
      throw new AppError('provider_failed', 'away');
    };
    const unheard = silent({ getHotWallet: away });
    await drive(id, unheard.process);
    expect(await forwardOf(id)).to.include({ stage: 'waiting', reason: 'provider_away' });
    const changed = silent({ getHotWallet: async () => wallets.payout });
    await drive(id, changed.process);
    expect(await forwardOf(id)).to.include({ stage: 'manual', reason: 'hot_wallet_changed' });
    expect([...unheard.posts, ...changed.posts]).to.deep.equal([]);
  });

  it('gives a forward that waited into the last day to a person: the vault could not be settled in time', async () => {
    const { id } = await forwarding();
    const { posts, process } = silent();
    await drive(id, process);
    await fill();
    world.advance(13.5 * day);
    await drive(id, process);
    expect(await forwardOf(id)).to.include({ stage: 'manual', reason: 'too_close_to_delivery' });
    expect(posts).to.deep.equal([]);
  });

  it('does not forward or pay back what the chain may still take away from the provider', async () => {
    await fill();
    const { posts, process } = silent();
    const unfinal = await refunding(async (to, amount) => {
      await world.chain.pay(to, amount);
      await world.chain.mine(2);
      return '';
    });
    await drive(unfinal.payoutId, process);
    expect(await machineOf(unfinal.payoutId)).to.include({ stage: 'waiting', reason: 'buyer_transfers_not_final' });
    expect(posts).to.deep.equal([]);
    await world.chain.finalize();
    await drive(unfinal.payoutId, process);
    expect(posts).to.deep.equal([unfinal.externalId]);
  });

  it('holds a payout back while screening holds its payment, although it was asked for before', async () => {
    await fill();
    const { posts, process } = silent();
    const { paymentId, payoutId, externalId } = await refunding();
    const assess = (hold: boolean) =>
      world.ports.coordinator.observe(paymentId, { kind: 'riskAssessed', hold }, { actor: 'screening' });
    await assess(true);
    await drive(payoutId, process);
    expect(await machineOf(payoutId)).to.include({ stage: 'waiting', reason: 'risk_hold' });
    expect(posts).to.deep.equal([]);
    await assess(false);
    await drive(payoutId, process);
    expect(posts).to.deep.equal([externalId]);
  });

  it('waits for the fate of an equal payout, since one transfer on the chain could not tell the two apart', async () => {
    await fill();
    const { posts, process } = silent();
    const [first, second] = [await refunding(), await refunding()];
    await drive(first.payoutId, process);
    world.advance(11 * minute);
    await drive(second.payoutId, process);
    expect(await machineOf(second.payoutId)).to.include({ stage: 'waiting', reason: 'same_payout_unresolved' });
    world.advance(day);
    await world.useCases.resolvePayout({ actor: admin, externalId: first.externalId, outcome: 'notSent' });
    await drive(second.payoutId, process);
    expect(posts).to.deep.equal([first.externalId, second.externalId]);
  });

  it('keeps the wallet while a named transaction is not mined: the next one could take its nonce', async () => {
    await fill();
    const [first, second] = [await forwarding(), await forwarding()];
    const named = { status: 'IN_PROGRESS', txHash: `0x${'5e'.repeat(32)}` } as const;
    const { posts, process } = silent({ getPayoutStatus: async () => named });
    await drive(first.id, process);
    await drive(first.id, process);
    expect((await forwardOf(first.id)).stage).to.equal('broadcast');
    world.advance(11 * minute);
    await drive(second.id, process);
    expect(await forwardOf(second.id)).to.include({ stage: 'waiting', reason: 'wallet_busy' });
    expect(posts).to.have.length(1);
  });

  it('takes neither an older transfer nor a stranger’s for its own, though amount and receiver fit', async () => {
    await fill();
    const { hotWalletKey } = world.chain.deployment;
    await world.chain.pay(wallets.refund, tokens(30), hotWalletKey);
    await world.chain.finalize();
    const { payoutId, externalId } = await refunding();
    const { process } = silent();
    await drive(payoutId, process);
    const strangers = await world.pay(wallets.refund, tokens(30));
    await drive(payoutId, process);
    expect(await machineOf(payoutId)).to.include({ stage: 'unknown', txHash: null });
    const resolve = { actor: admin, externalId, outcome: 'sent', txHash: strangers } as const;
    await refused(world.useCases.resolvePayout(resolve), 'transaction_mismatch');
    const own = await world.chain.pay(wallets.refund, tokens(30), hotWalletKey);
    await drive(payoutId, process);
    expect(await machineOf(payoutId)).to.include({ stage: 'broadcast', txHash: own.hash });
    // Mined is not final: the books wait, since the chain may take the transfer back.
    await drive(payoutId, process);
    expect((await machineOf(payoutId)).stage).to.equal('broadcast');
    await world.chain.finalize();
    await drive(payoutId, process);
    expect((await machineOf(payoutId)).stage).to.equal('confirmed');
  });
});
