import { expect } from 'chai';
import { createAdminPayout } from '../../server/commands/adminPayout.ts';
import { account } from '../../server/domain/ledger.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { buildState, buildTransition } from '../support/factories.ts';
import { admin, buyer, type CommandsWorld, openCommandsWorld, refused, tokens, wallets } from './commandsWorld.ts';
import { payoutDesk } from './payoutDesk.ts';

describe('adminPayout', () => {
  let world: CommandsWorld;
  before(async () => {
    world = await openCommandsWorld();
  });
  after(() => world.close());
  const { fill } = payoutDesk(() => world);
  const words = (purchaseRequestId: string) => ({
    ...{ actor: admin, purchaseRequestId, receiverWalletAddress: wallets.payout, amount: '40' },
    ...{ currency: 'USDT', network: 'bsc' },
  });

  /** A released payment of 100 whose seller's 99 lie in the treasury. */
  async function owed() {
    const state = await world.funded({ payoutAddress: null });
    await world.chain.settle(state.terms, { toSeller: tokens(100), toBuyer: 0n });
    await world.chain.finalize();
    const { number } = await world.ports.chain.head('bsc');
    const [event] = await world.ports.chain.escrowEvents('bsc', state.headBlock, number);
    if (event?.event !== 'Settled') throw new Error('no settlement');
    const { txHash } = event.fact;
    await world.useCases.confirmSettlement({ actor: admin, paymentId: state.id, kind: 'release', txHash });
    await fill(100);
    return state;
  }

  it('pays what is owed through the provider, and the same order once even without a key', async () => {
    const state = await owed();
    const first = await world.useCases.adminPayout(words(state.requestId));
    const orders = await Promise.all([1, 2, 3].map(() => world.useCases.adminPayout(words(state.requestId))));
    expect(new Set(orders.map(({ payoutId }) => payoutId))).to.deep.equal(new Set([first.payoutId]));
    expect((await world.state(state.id)).payouts.map(({ amount }) => amount)).to.deep.equal([tokens(40)]);
    const keyed = { ...words(state.requestId), idempotencyClaim: 'idem:an-admin:admin-payout:another' };
    const second = await world.useCases.adminPayout(keyed);
    expect(second.payoutId).to.not.equal(first.payoutId);
    const rest = { ...words(state.requestId), amount: '20' };
    await refused(world.useCases.adminPayout(rest), 'amount_exceeds_balance');
  });

  describe('an order without a key, while other payouts of its payment come to an end', () => {
    const end = (paymentId: string, signal: { kind: 'payoutFailed'; n: number; proof: string }) =>
      world.ports.coordinator.observe(paymentId, signal, { actor: 'test' });
    const dead = (n: number) => ({ kind: 'payoutFailed', n, proof: 'nothing was sent' }) as const;

    it('is paid once although a payout of another amount or to another wallet failed meanwhile', async () => {
      const state = await owed();
      const order = { ...words(state.requestId), amount: '10' };
      const first = await world.useCases.adminPayout(order);
      await world.useCases.adminPayout({ ...order, amount: '11' });
      await world.useCases.adminPayout({ ...order, receiverWalletAddress: wallets.refund });
      for (const n of [2, 3]) {
        expect((await end(state.id, dead(n))).outcome).to.equal('changed');
        expect(await world.useCases.adminPayout(order)).to.deep.equal(first);
      }
      const { payouts } = await world.state(state.id);
      expect(payouts.filter(({ outcome }) => outcome !== 'failed')).to.have.length(1);
    });

    it('is tried again after it failed itself, by whoever repeats it and once for each failure', async () => {
      const state = await owed();
      const order = { ...words(state.requestId), amount: '10' };
      const first = await world.useCases.adminPayout(order);
      await end(state.id, dead(1));
      const tries = await Promise.all([1, 2, 3].map(() => world.useCases.adminPayout(order)));
      const [second] = tries;
      expect(new Set(tries.map(({ payoutId }) => payoutId)).size).to.equal(1);
      expect(second?.payoutId).to.not.equal(first.payoutId);
      expect((await world.state(state.id)).payouts.map(({ outcome }) => outcome)).to.deep.equal(['failed', 'open']);
    });

    it('is not paid again once the failure of its first try proves wrong', async () => {
      const state = await owed();
      const order = { ...words(state.requestId), amount: '10' };
      const first = await world.useCases.adminPayout(order);
      await end(state.id, dead(1));
      const late = { kind: 'payoutSucceeded', n: 1, transfer: null, txHash: null } as const;
      expect((await world.ports.coordinator.observe(state.id, late, { actor: 'test' })).outcome).to.equal('changed');
      expect((await world.useCases.adminPayout(order)).payoutId).to.equal(first.payoutId);
      expect((await world.state(state.id)).payouts).to.have.length(1);
    });
  });

  it('answers a repeat by the payout that was made, also where another payment of the request owes as much by now', async () => {
    const destination = wallets.payout;
    const of = (overrides: Partial<PaymentState>) => buildState({ requestId: 'one-request', ...overrides });
    const made = { n: 1, payoutId: 'p', account: 'a', pendingAccount: 'b', amount: tokens(40), destination };
    const paid = of({ payouts: [{ ...made, outcome: 'succeeded' }] });
    const empty = of({});
    const name = account.owedSeller(empty.sellerId, empty.id);
    const owing = { ...empty, balances: [{ account: name, asset: 'bsc:USDT', amount: tokens(40) }] };
    const asked: unknown[] = [];
    const { ports } = world;
    const adminPayout = createAdminPayout({
      gateway: ports.gateway,
      store: { tail: async (id) => buildTransition({ state: id === paid.id ? paid : owing }) },
      queries: { payments: async () => ({ items: [owing, paid].map((state) => ({ state })), next: null }) as never },
      async paySeller({ sellerOfferId }) {
        asked.push(sellerOfferId);
        return { payoutId: 'p', taskId: 't', status: 'completed' };
      },
    });
    await adminPayout(words('one-request'));
    await adminPayout({ ...words('one-request'), idempotencyClaim: 'idem:an-admin:admin-payout:another' });
    expect(asked).to.deep.equal([paid.offerId, owing.offerId]);
  });

  it('sends an admin to the release when the money lies in the escrow, and pays nobody', async () => {
    const state = await world.funded({});
    await refused(world.useCases.adminPayout(words(state.requestId)), 'amount_exceeds_balance');
    expect((await world.state(state.id)).payouts).to.deep.equal([]);
  });

  it('is for admins, and for requests that were paid', async () => {
    const state = await world.open();
    await refused(world.useCases.adminPayout({ ...words(state.requestId), actor: buyer }), 'forbidden');
    await refused(world.useCases.adminPayout(words(state.requestId)), 'not_funded');
    await refused(world.useCases.adminPayout(words('request-of-nobody')), 'not_found');
    await refused(world.useCases.adminPayout({ ...words(state.requestId), network: 'tron' }), 'network_not_supported');
  });
});
