import { expect } from 'chai';
import { custodyOf, heldBy } from '../../server/domain/facts.ts';
import { account, assetName, balanceOf } from '../../server/domain/ledger.ts';
import type { PayoutMachine } from '../../server/domain/payout.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import type { PayInProvider } from '../../server/ports/outside.ts';
import { erc20 } from '../providers/chain/chainWorld.ts';
import {
  addressOf,
  admin,
  buyer,
  type CommandsWorld,
  Crash,
  openCommandsWorld,
  type Process,
  refused,
  tokens,
  wallets,
} from './commandsWorld.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

describe('drivePayout', () => {
  let world: CommandsWorld;
  // Every test has a wallet of its own: an unresolved payout of one would hold up the next.
  beforeEach(async () => {
    world = await openCommandsWorld();
  });
  afterEach(() => world.close());

  const hotWallet = () => world.chain.deployment.hotWalletAddress;
  const fill = (amount = 1_000) => world.chain.pay(hotWallet(), tokens(amount));
  const balance = (holder: string) =>
    world.ports.chain.tokenBalance('bsc', world.chain.deployment.token.toLowerCase(), holder);
  const forwardOf = async ({ id }: PaymentState): Promise<PayoutMachine> => {
    const { forward } = await world.state(id);
    if (forward === null) throw new Error('no forward');
    return forward;
  };
  const drive = (state: PaymentState, process: Process = world) => process.useCases.drivePayout(state.id);

  /** A payment whose price the provider holds, with its forward requested. */
  async function forwarding(amount = '100'): Promise<PaymentState> {
    const state = await world.open({ amount });
    await world.pay(addressOf(state), state.price);
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    await world.useCases.forwardToVault(state.id);
    return world.state(state.id);
  }

  /** A process that counts its POSTs; `answer` stands in for the provider's. */
  function counting(answer?: PayInProvider['createPayout'], more: Partial<PayInProvider> = {}) {
    const posts: string[] = [];
    const createPayout: PayInProvider['createPayout'] = async (order) => {
      posts.push(order.externalId);
      return (answer ?? world.ports.provider.createPayout)(order);
    };
    return { posts, process: world.process({ provider: { createPayout, ...more } }) };
  }

  /** Drives through the provider's and the chain's steps until the machine has ended. */
  async function driveToEnd(state: PaymentState): Promise<PayoutMachine> {
    for (let step = 0; step < 12; step += 1) {
      if ((await drive(state)).nextAtMs === null) break;
      await world.control('tick', {});
      await world.chain.finalize();
      world.advance(minute);
    }
    return forwardOf(state);
  }

  it('waits for the wallet, sends once, and ends with the final transfer in the vault', async () => {
    const state = await forwarding();
    await drive(state);
    expect(await forwardOf(state)).to.include({ stage: 'waiting', reason: 'wallet_short_of_token' });
    await fill();
    const processes = [counting(), counting(), counting()];
    await Promise.all([...processes, ...processes].map(({ process }) => drive(state, process)));
    expect(processes.flatMap(({ posts }) => posts)).to.deep.equal([(await forwardOf(state)).externalId]);
    const ended = await driveToEnd(state);
    expect(ended.stage).to.equal('confirmed');
    expect(await balance(state.vault)).to.equal(tokens(100));
    expect(custodyOf(await world.state(state.id))).to.equal('contract');
    expect((await drive(state)).nextAtMs).to.equal(null);
  });

  it('is not begun before the buyer is final, nor less than 24 h before delivery', async () => {
    const state = await world.open();
    await world.chain.pay(addressOf(state), state.price);
    await world.chain.mine(2);
    await world.useCases.verifyPayment(state.id, { askProvider: false });
    await world.useCases.forwardToVault(state.id);
    expect((await world.state(state.id)).forward).to.equal(null);
    await world.chain.finalize();
    world.advance(13.5 * day);
    await world.useCases.forwardToVault(state.id);
    const late = await world.state(state.id);
    expect([late.forward, late.flags.includes('manual')]).to.deep.equal([null, true]);
  });

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

  it('finds on the chain what was sent before the process died', async () => {
    const state = await forwarding();
    await fill();
    await drive(state, world.process({ crashAt: 'payoutPosted' })).catch((error) =>
      expect(error).to.be.instanceOf(Crash),
    );
    expect((await forwardOf(state)).stage).to.equal('unknown');
    await world.control('tick', {});
    await world.chain.mine(1);
    const { posts, process } = counting(undefined, { getPayoutStatus: async () => null });
    await drive(state, process);
    expect((await forwardOf(state)).stage).to.equal('broadcast');
    expect((await driveToEnd(state)).stage).to.equal('confirmed');
    expect(posts).to.deep.equal([]);
    expect(await balance(state.vault)).to.equal(tokens(100));
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

  it('proves a refused payout dead only by the chain, the wallet and time', async () => {
    const state = await forwarding();
    await fill();
    await drive(state, counting(async () => ({ outcome: 'refused', message: 'not enough' })).process);
    expect(await forwardOf(state)).to.include({ stage: 'refused', reason: 'not enough' });
    world.advance(11 * minute);
    await drive(state);
    expect((await forwardOf(state)).stage, 'the wallet has sent nothing since').to.equal('refused');
    await world.chain.pay(wallets.payout, tokens(1), world.chain.deployment.hotWalletKey);
    await drive(state);
    expect((await forwardOf(state)).stage, 'what it sent is not final').to.equal('refused');
    await world.chain.finalize();
    expect((await drive(state)).nextAtMs).to.equal(null);
    expect((await forwardOf(state)).stage).to.equal('dead');
    expect((await world.state(state.id)).forwardDead).to.equal(true);
  });

  it('believes the chain and not a FAIL: what failed after the broadcast is confirmed', async () => {
    const state = await forwarding();
    await fill();
    // The wallet signed it and says nothing of it; the core gives up.
    await world.control('switches', { stuckTx: true });
    const failing = world.process({ provider: { getPayoutStatus: async () => ({ status: 'FAIL', txHash: null }) } });
    await drive(state, failing);
    await drive(state, failing);
    expect((await forwardOf(state)).stage).to.equal('reportedFailed');
    world.advance(11 * minute);
    await drive(state, failing);
    expect((await forwardOf(state)).stage).to.equal('reportedFailed');
    await world.control('switches', { stuckTx: false });
    await world.control('tick', {});
    await world.chain.mine(1);
    await drive(state, failing);
    expect((await forwardOf(state)).stage).to.equal('broadcast');
    expect((await driveToEnd(state)).stage).to.equal('confirmed');
    expect(await balance(state.vault)).to.equal(tokens(100));
  });

  it('only asks after an answer that says "already exists"', async () => {
    const state = await forwarding();
    await fill();
    const { posts, process } = counting(async (order) => {
      await world.ports.provider.createPayout(order);
      return world.ports.provider.createPayout(order);
    });
    await drive(state, process);
    expect((await forwardOf(state)).stage).to.equal('unknown');
    expect((await driveToEnd(state)).stage).to.equal('confirmed');
    expect(posts).to.have.length(1);
    expect(await balance(state.vault)).to.equal(tokens(100));
  });

  it('sends one payout of a wallet at a time, and an unknown one frees the wallet after 10 minutes', async () => {
    const [first, second] = [await forwarding('100'), await forwarding('60')];
    await fill();
    await drive(first, counting(async () => ({ outcome: 'unknown', message: 'cut' })).process);
    await drive(second);
    expect(await forwardOf(second)).to.include({ stage: 'waiting', reason: 'wallet_busy' });
    world.advance(10 * minute + 1);
    expect((await driveToEnd(second)).stage).to.equal('confirmed');
    expect((await forwardOf(first)).stage).to.equal('unknown');
    expect([(await forwardOf(first)).slot, (await forwardOf(second)).slot]).to.deep.equal([1, 2]);
  });

  it('takes a reverted receipt for a death once it is final', async () => {
    const state = await forwarding();
    await fill(100);
    const { token, hotWalletKey } = world.chain.deployment;
    const data = erc20.encodeFunctionData('transfer', [state.vault, tokens(5_000)]);
    const reverted = await world.chain.send(hotWalletKey, { to: token, data });
    expect(reverted.status).to.equal(0);
    const { process } = counting(async () => ({ outcome: 'submitted', taskId: 'task' }), {
      getPayoutStatus: async () => ({ status: 'IN_PROGRESS', txHash: reverted.hash }),
    });
    await drive(state, process);
    world.advance(minute);
    await drive(state, process);
    await drive(state, process);
    expect((await forwardOf(state)).stage).to.equal('broadcast');
    await world.chain.finalize();
    await drive(state, process);
    expect((await forwardOf(state)).stage).to.equal('dead');
  });

  it('pays a seller what the treasury owes him, once', async () => {
    const state = await world.funded({ payoutAddress: null });
    await fill();
    await world.chain.settle(state.terms, { toSeller: tokens(100), toBuyer: 0n });
    await world.chain.finalize();
    const ask = { actor: admin, paymentId: state.id, kind: 'release' } as const;
    const [event] = await world.ports.chain.escrowEvents(
      'bsc',
      state.headBlock,
      (await world.ports.chain.head('bsc')).number,
    );
    if (event?.event !== 'Settled') throw new Error('no settlement');
    await world.useCases.confirmSettlement({ ...ask, txHash: event.fact.txHash });
    const owed = async () => {
      const { balances, sellerId, id, asset } = await world.state(state.id);
      return balanceOf(balances, account.owedSeller(sellerId, id), assetName(asset));
    };
    expect(await owed()).to.equal(tokens(99));
    await world.work();
    const words = {
      ...{ actor: admin, purchaseRequestId: state.requestId, sellerOfferId: state.offerId },
      ...{ buyerId: state.buyerId, sellerId: state.sellerId, recipientAddress: wallets.payout },
    };
    await refused(world.useCases.paySeller({ ...words, amount: '100' }), 'amount_exceeds_balance');
    // What is owed for one offer pays no other of the same request.
    const other = { ...words, sellerOfferId: 'another-offer', amount: '99' };
    await refused(world.useCases.paySeller(other), 'amount_exceeds_balance');
    await refused(
      world.useCases.paySeller({ ...words, amount: '99', recipientAddress: state.vault }),
      'validation_failed',
    );
    await refused(
      world.useCases.paySeller({ ...words, amount: '99', recipientAddress: hotWallet() }),
      'validation_failed',
    );
    const idempotencyClaim = `idem:an-admin:payout:${state.id}`;
    const paid = await world.useCases.paySeller({ ...words, amount: '99', idempotencyClaim });
    const again = await world.useCases.paySeller({ ...words, amount: '99', idempotencyClaim });
    expect([again.payoutId, again.taskId]).to.deep.equal([paid.payoutId, paid.taskId]);
    await refused(world.useCases.paySeller({ ...words, amount: '1' }), 'amount_exceeds_balance');
    for (let step = 0; step < 8; step += 1) {
      await world.work();
      await world.control('tick', {});
      await world.chain.finalize();
      world.advance(minute);
    }
    const record = (await world.ports.store.tail(paid.payoutId))?.state;
    expect(record?.status).to.equal('completed');
    expect(await owed()).to.equal(0n);
    expect(await balance(wallets.payout)).to.equal(tokens(99));
  });
});
