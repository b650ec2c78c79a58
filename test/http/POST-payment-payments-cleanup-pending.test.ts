import { expect } from 'chai';
import { standIn } from './standIn.ts';
import { behavesLikeMutation } from './standingCases.ts';

const path = '/api/payment/payments/cleanup-pending';

describe('POST /api/payment/payments/cleanup-pending', () => {
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body: { limit: 5 },
    otherBody: { limit: 6 },
    badBodies: {
      'no payments': { limit: 0 },
      'too many': { limit: 501 },
      'a text': { limit: '5' },
      'an age': { olderThan: 1 },
      'an id': { paymentId: 'a'.repeat(24) },
    },
    command: 'expirePayments',
    commands: { expirePayments: async () => 0 },
    claims: false,
  });

  it('ends what is past its deadline in batches, as many as are asked for, and says how many', async () => {
    const left = [50, 50, 50];
    const { as, calls } = standIn({ commands: { expirePayments: async (limit) => Math.min(limit, left.pop() ?? 0) } });
    const { body } = await as('admin').post(path, { limit: 120 });
    expect(body).to.deep.equal({
      ...{ success: true, deletedCount: 120 },
      message: '120 payments ended as expired; nothing was deleted.',
    });
    expect(calls.map(({ input }) => input)).to.deep.equal([50, 50, 20]);
  });

  it('stops when there is nothing more to end', async () => {
    const left = [0, 1];
    const { as, calls } = standIn({ commands: { expirePayments: async () => left.pop() ?? 0 } });
    const { body } = await as('admin').post(path, {});
    expect(body).to.include({ deletedCount: 1, message: '1 payment ended as expired; nothing was deleted.' });
    expect(calls).to.have.length(2);
  });
});
