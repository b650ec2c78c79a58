import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { paymentId, txHash } from './records.ts';
import { standIn } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = `/api/payment/shkeeper/payout/${paymentId}-7-0/resolve`;
const commands = { resolvePayout: async () => ({ payoutId: 'b'.repeat(24), status: 'confirmed' }) };

describe('POST /api/payment/shkeeper/payout/:externalId/resolve', () => {
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body: { outcome: 'sent', txHash },
    otherBody: { outcome: 'notSent' },
    badBodies: {
      nothing: {},
      'another word': { outcome: 'maybe' },
      'a hash that is none': { outcome: 'sent', txHash: '0x1' },
    },
    command: 'resolvePayout',
    commands,
  });

  it('hands on the verdict and its evidence', async () => {
    const { as, calls } = standIn({ commands });
    const answer = await as('admin').post(path, { outcome: 'sent', txHash });
    expect(calls[0]?.input).to.deep.include({ externalId: `${paymentId}-7-0`, outcome: 'sent', txHash });
    expect(answer.body).to.deep.equal({ success: true, data: { payoutId: 'b'.repeat(24), status: 'confirmed' } });
  });

  it('answers 409 when the payout is not waiting for a person', async () => {
    const resolvePayout = async () => {
      throw new AppError('payout_not_open', 'It has ended.');
    };
    const { as } = standIn({ commands: { resolvePayout } });
    expectProblem(await as('admin').post(path, { outcome: 'notSent' }), 409, 'payout_not_open');
  });
});
