import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import type { Commands } from '../../server/http/appDeps.ts';
import { otherPaymentId, paymentId, paymentState, payoutState, recorded, transition, txHash } from './records.ts';
import { standIn, type World } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = `/api/payment/${paymentId}`;
const commands: Partial<Commands> = {
  cancelPayment: async () => paymentState({ status: 'cancelled' }),
  confirmTransfer: async () => paymentState(),
  verifyPayment: async () => paymentState(),
};
function prepare(world: World): void {
  world.payments.set(paymentId, recorded(paymentState()));
  world.transitions.push(transition(4));
}
function withPayment(own: Partial<Commands> = commands): World {
  const world = standIn({ commands: own });
  prepare(world);
  return world;
}

describe('PUT /api/payment/:id', () => {
  behavesLikeMutation({
    method: 'put',
    path,
    role: 'buyer',
    wrongRoles: ['auditor'],
    body: { status: 'cancelled' },
    badBodies: {
      nothing: {},
      released: { status: 'released' },
      refunded: { status: 'refunded' },
      'a word of nobody': { status: 'paid' },
      'an escrow state': { escrowState: 'funded' },
      'a price': { amount: 1 },
      'a hash that is none': { transactionHash: 'x' },
    },
    command: 'cancelPayment',
    commands,
    prepare,
  });

  for (const status of ['completed', 'processing', 'failed', 'pending'] as const) {
    it(`takes ${status} for a reason to look, never for a status`, async () => {
      const { as, calls } = withPayment();
      const answer = await as('buyer').put(path, { status });
      expect(calls).to.deep.equal([
        { command: 'verifyPayment', input: [paymentId, { askProvider: true, hint: true }] },
      ]);
      expect(answer.body).to.include({ status: 'pending', escrowState: 'unfunded' });
    });
  }

  it('hands a transaction hash on as a hint', async () => {
    const { as, calls } = withPayment();
    await as('seller').put(path, { status: 'completed', transactionHash: txHash });
    expect(calls.map((call) => call.command)).to.deep.equal(['confirmTransfer']);
    expect(calls[0]?.input).to.include({ paymentId, transactionHash: txHash });
  });

  it('accepts network data and metadata and changes nothing for them', async () => {
    const { as, calls } = withPayment();
    const body = { blockchain: { network: 'bsc', token: 'USDT' }, metadata: { note: 'x' } };
    expect((await as('buyer').put(path, body)).status).to.equal(200);
    expect(calls).to.deep.equal([]);
  });

  it("answers strangers 404 before anything happens, and a payout's id too", async () => {
    const world = withPayment();
    world.payments.set(otherPaymentId, recorded(payoutState()));
    expectProblem(await world.as('buyer', 'buyer-2').put(path, { status: 'cancelled' }), 404, 'not_found');
    expectProblem(
      await world.as('admin').put(`/api/payment/${otherPaymentId}`, { status: 'cancelled' }),
      404,
      'not_found',
    );
    expect(world.calls).to.deep.equal([]);
  });

  it('answers 409 when it is too late to cancel', async () => {
    const cancelPayment = async () => {
      throw new AppError('illegal_transition', 'Only a pending payment can be cancelled.');
    };
    const answer = await withPayment({ cancelPayment }).as('buyer').put(path, { status: 'cancelled' });
    expectProblem(answer, 409, 'illegal_transition');
  });
});
