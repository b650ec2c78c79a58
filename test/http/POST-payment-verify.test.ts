import { expect } from 'chai';
import { addPayment, openPaymentWorld } from './records/openPaymentWorld.ts';
import { arrival, otherPaymentId, paymentId, paymentState, txHash } from './records.ts';
import type { World } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/verify';
const paid = paymentState({ status: 'completed', arrivals: [arrival(10n ** 20n)] });
const commands = { verifyPayment: async () => paid, confirmTransfer: async () => paid };
const prepare = (world: World) => addPayment(world, { newest: paid });
const prepared = () => openPaymentWorld({ commands, newest: paid });

describe('POST /api/payment/verify', () => {
  behavesLikeMutation({
    path,
    role: 'buyer',
    wrongRoles: ['auditor'],
    body: { paymentId },
    otherBody: { paymentId, status: 'completed' },
    badBodies: {
      nothing: {},
      'an id that is none': { paymentId: 'x' },
      'a hash that is none': { paymentId, transactionHash: 'x' },
    },
    command: 'verifyPayment',
    commands,
    prepare,
    claims: false,
  });

  it('answers what is proven now, and the transaction that proved it', async () => {
    const answer = await prepared()
      .as('seller')
      .post(path, { paymentId, status: 'failed', purchaseRequestId: 'request-1' });
    expect(answer.body.data).to.deep.equal({
      ...{ paymentId, purchaseRequestId: 'request-1', status: 'completed', escrowState: 'funded' },
      transactionHash: txHash,
    });
  });

  it('hands a hash on as a hint', async () => {
    const world = prepared();
    await world.as('buyer').post(path, { paymentId, transactionHash: txHash });
    expect(world.calls[0]?.command).to.equal('confirmTransfer');
  });

  it('answers strangers 404 before anything happens, and refuses another request', async () => {
    const world = prepared();
    expectProblem(await world.as('buyer', 'buyer-2').post(path, { paymentId }), 404, 'not_found');
    expectProblem(await world.as('admin').post(path, { paymentId: otherPaymentId }), 404, 'not_found');
    const other = await world.as('buyer').post(path, { paymentId, purchaseRequestId: 'request-2' });
    expectProblem(other, 409, 'offer_mismatch');
    expect(world.calls).to.deep.equal([]);
  });
});
