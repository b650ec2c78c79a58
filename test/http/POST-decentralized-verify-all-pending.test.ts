import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { otherPaymentId, paymentId, paymentState } from './records.ts';
import { nowMs, standIn } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/decentralized/verify-all-pending';
const before = paymentState();
const checked = [
  { before, now: paymentState({ status: 'completed' }) },
  { before, now: paymentState({ status: 'processing' }) },
  { before, now: paymentState({ status: 'pending' }) },
  { before, now: paymentState({ status: 'failed' }) },
  { before, now: null },
];
const commands = { verifyOpenPayments: async () => ({ checked, next: { atMs: nowMs, id: otherPaymentId } }) };

describe('POST /api/payment/decentralized/verify-all-pending', () => {
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body: { limit: 10 },
    otherBody: { limit: 11 },
    badBodies: {
      'a limit of none': { limit: 0 },
      'a limit of all': { limit: 101 },
      'a limit in words': { limit: '10' },
    },
    command: 'verifyOpenPayments',
    commands,
    claims: false,
  });

  it('says what became of each, and where the next batch begins', async () => {
    const { as, calls } = standIn({ commands });
    const first = await as('admin').post(path, {});
    const { nextCursor, ...counts } = first.body.data;
    expect(counts).to.deep.equal({ scanned: 5, completed: 1, stillPending: 2, failed: 1, unchecked: 1 });
    expect(calls[0]?.input).to.deep.equal({ limit: 25, after: null, askProvider: false });
    await as('admin').post(path, { cursor: nextCursor });
    expect(calls[1]?.input).to.deep.equal({
      limit: 25,
      after: { atMs: nowMs, id: otherPaymentId },
      askProvider: false,
    });
  });

  it('refuses a cursor that is none of its own', async () => {
    const { as, calls } = standIn({ commands });
    for (const cursor of ['x', paymentId, '']) {
      expectProblem(await as('admin').post(path, { cursor }), 400, 'validation_failed');
    }
    expect(calls).to.deep.equal([]);
  });

  it('tells a second caller that a batch is running', async () => {
    const verifyOpenPayments = async () => {
      throw new AppError('already_running', 'A batch is being looked at.');
    };
    expectProblem(await standIn({ commands: { verifyOpenPayments } }).as('admin').post(path), 409, 'already_running');
  });
});
