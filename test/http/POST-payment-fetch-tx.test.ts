import { expect } from 'chai';
import type { PaymentState } from '../../server/domain/state.ts';
import { addPayment, openPaymentWorld } from './records/openPaymentWorld.ts';
import { arrival, otherPaymentId, paymentId, paymentState, transition, txHash } from './records.ts';
import { nowMs, rateLimits, standIn, type World } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = `/api/payment/payments/${paymentId}/fetch-tx`;
const paid = paymentState({ status: 'completed', arrivals: [arrival(10n ** 20n)] });
const word = `0x${'56'.repeat(32)}`;
const { provider } = paymentState();
const reported = paymentState({
  provider: provider && {
    ...provider,
    transactions: [{ txHash: word, coin: 'BNB-USDT', amount: '100', confirmed: false }],
  },
});

const prepare = (world: World) => addPayment(world, { newest: reported });
const withPayment = (state: PaymentState, newest: PaymentState) => openPaymentWorld({ commands, state, newest });
const commands = { verifyPayment: async () => paid };

describe('POST /api/payment/payments/:id/fetch-tx', () => {
  behavesLikeMutation({
    path,
    role: 'buyer',
    wrongRoles: ['auditor'],
    body: {},
    otherPath: `/api/payment/payments/${otherPaymentId}/fetch-tx`,
    badBodies: { 'a hash to believe': { transactionHash: txHash } },
    command: 'verifyPayment',
    commands,
    prepare,
    claims: false,
  });

  it("takes the hash from the payment's own history, without asking anybody", async () => {
    const world = withPayment(paid, paid);
    const answer = await world.as('seller').post(path);
    expect(answer.body).to.include({ success: true, transactionHash: txHash, network: 'bsc', source: 'record' });
    expect(world.calls).to.deep.equal([]);
  });

  it('finds it by a look at provider and chain, and says so', async () => {
    const verifyPayment = async () => {
      world.transitions.push(transition(5, { state: paid }));
      return paid;
    };
    const world = standIn({ commands: { verifyPayment } });
    prepare(world);
    const answer = await world.as('admin').post(path);
    expect(answer.body).to.include({ transactionHash: txHash, source: 'chain' });
    expect(world.calls).to.deep.equal([
      { command: 'verifyPayment', input: [paymentId, { askProvider: true, hint: true }] },
    ]);
  });

  it("calls what only the provider speaks of the provider's word", async () => {
    const answer = await withPayment(reported, reported).as('buyer').post(path);
    expect(answer.body).to.include({ transactionHash: word, source: 'provider' });
    expect(answer.body.message).to.include('not proven');
  });

  it('answers an honest problem when there is none, also of a transfer that was undone', async () => {
    const undone = paymentState({ arrivals: [arrival(10n ** 20n, { reversed: true })] });
    expectProblem(await withPayment(undone, undone).as('buyer').post(path), 409, 'transaction_not_mined');
  });

  it('does not look at a payment that nobody watches any more', async () => {
    const old = paymentState({ watchUntilMs: nowMs });
    const world = withPayment(old, old);
    expectProblem(await world.as('buyer').post(path), 409, 'transaction_not_mined');
    expect(world.calls).to.deep.equal([]);
  });

  it('answers strangers 404, and so of a payout', async () => {
    const world = withPayment(paymentState(), paid);
    expectProblem(await world.as('buyer', 'buyer-2').post(path), 404, 'not_found');
    expectProblem(await world.as('admin').post(`/api/payment/payments/${otherPaymentId}/fetch-tx`), 404, 'not_found');
    expect(world.calls).to.deep.equal([]);
  });

  it('counts against the budget for looks', async () => {
    const world = standIn({ commands, settings: { rateLimits: { ...rateLimits, hintPerMinute: 1 } } });
    prepare(world);
    await world.as('buyer').post(path);
    expectProblem(await world.as('buyer').post(path), 429, 'rate_limited');
  });
});
