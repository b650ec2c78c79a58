import { expect } from 'chai';
import { paymentId, transition } from './records.ts';
import { preparesSettlement } from './settlementCases.ts';
import { standIn } from './standIn.ts';

describe('POST /api/payment/shkeeper/:id/refund', () => {
  preparesSettlement('refund');

  it('answers the payout that was opened when the money is still at the provider', async () => {
    const payout = {
      kind: 'payout',
      payoutId: 'b'.repeat(24),
      externalId: `${paymentId}-5-0`,
      status: 'requested',
      remains: 5n,
    } as const;
    const world = standIn({ commands: { prepareSettlement: async () => payout } });
    world.transitions.push(transition(5));
    const answer = await world.as('admin').post(`/api/payment/shkeeper/${paymentId}/refund`);
    expect(answer.body).to.deep.equal({
      success: true,
      data: { ...payout, remains: '0.000000000000000005', token: 'USDT', network: 'bsc' },
    });
  });
});
