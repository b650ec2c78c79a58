import { expect } from 'chai';
import { addressOf, otherPaymentId, paymentId, paymentState, payoutState, recorded } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = (taskId: string) => `/api/payment/shkeeper/payout/status/${taskId}`;
function withPayout() {
  const world = standIn();
  world.payments.set(otherPaymentId, recorded(payoutState()));
  world.payments.set(paymentId, recorded(paymentState()));
  return world;
}

describe('GET /api/payment/shkeeper/payout/status/:taskId', () => {
  it('answers our record of the payout, by its id and by its external id', async () => {
    const { as } = withPayout();
    for (const id of [otherPaymentId, `${paymentId}-7-0`]) {
      const answer = await as('seller').get(path(id));
      expect(answer.status, answer.text).to.equal(200);
      expect(answer.body.data).to.include({
        id: otherPaymentId,
        direction: 'out',
        taskId: 'task-1',
        amountExact: '99',
      });
      expect(answer.body.data.payout).to.include({ stage: 'submitted' });
      expect(answer.body.data.payout).to.not.have.property('destination');
      const shown = await as('auditor').get(path(id));
      expect(shown.body.data.payout).to.include({ stage: 'submitted', destination: addressOf('4') });
    }
  });

  it('finds nothing for a stranger, for an unknown id and for a payment that is no payout', async () => {
    const { as } = withPayout();
    expectProblem(await as('seller', 'seller-2').get(path(otherPaymentId)), 404, 'not_found');
    expectProblem(await as('admin').get(path('task-9')), 404, 'not_found');
    expectProblem(await as('admin').get(path(paymentId)), 404, 'not_found');
  });
});
