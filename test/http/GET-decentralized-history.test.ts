import { expect } from 'chai';
import { otherPaymentId, paymentId, paymentState, payoutState, recorded } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = (userId: string, query = '') => `/api/payment/decentralized/history/${userId}${query}`;
function withPayments() {
  const world = standIn();
  world.payments.set(paymentId, recorded(paymentState({ rail: 'web3', provider: null })));
  world.payments.set(otherPaymentId, recorded(payoutState()));
  return world;
}

describe('GET /api/payment/decentralized/history/:userId', () => {
  it('lists what a user pays or is paid by, for himself and for operators, without payouts', async () => {
    for (const [role, userId] of [
      ['buyer', 'buyer-1'],
      ['seller', 'seller-1'],
      ['admin', 'buyer-1'],
      ['auditor', 'seller-1'],
    ] as const) {
      const answer = await withPayments().as(role).get(path(userId));
      expect(answer.status, answer.text).to.equal(200);
      expect(answer.body.data.map((entry: { id: string }) => entry.id)).to.deep.equal([paymentId]);
      expect(answer.body.data[0]).to.include({ rail: 'web3', direction: 'in' });
    }
  });

  it('is empty for a user without payments, and for nobody else to read', async () => {
    const { as } = withPayments();
    expect((await as('buyer', 'buyer-2').get(path('buyer-2'))).body.data).to.deep.equal([]);
    expectProblem(await as('buyer', 'buyer-2').get(path('buyer-1')), 404, 'not_found');
    expectProblem(await as('seller').get(path('buyer-1')), 404, 'not_found');
  });

  it('is bounded, and refuses what is no page', async () => {
    const { as } = withPayments();
    expect((await as('buyer').get(path('buyer-1', '?limit=1'))).body.pagination).to.include({ limit: 1, total: 1 });
    for (const query of ['?limit=201', '?limit=x', '?offset=-1', '?cursor=x', '?status[$ne]=x']) {
      expectProblem(await as('buyer').get(path('buyer-1', query)), 400, 'validation_failed');
    }
  });
});
