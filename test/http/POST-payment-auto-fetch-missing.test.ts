import { expect } from 'chai';
import { arrival, otherPaymentId, paymentId, paymentState, txHash } from './records.ts';
import { nowMs, standIn } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/payments/auto-fetch-missing';
const bare = paymentState();
const paid = paymentState({ status: 'completed', arrivals: [arrival(10n ** 20n)] });
const checked = [
  { before: bare, now: paid },
  { before: bare, now: bare },
  { before: bare, now: null },
  { before: paid, now: paid },
];
const commands = { findMissingTransactions: async () => ({ checked, next: { atMs: nowMs, id: otherPaymentId } }) };

describe('POST /api/payment/payments/auto-fetch-missing', () => {
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body: { limit: 5 },
    otherBody: { limit: 6 },
    badBodies: { 'a limit of none': { limit: 0 }, 'a limit of all': { limit: 101 }, 'half of one': { limit: 1.5 } },
    command: 'findMissingTransactions',
    commands,
    claims: false,
  });

  it('takes ten, tells what was found and where to go on, and counts only those without a transaction', async () => {
    const { as, calls } = standIn({ commands });
    const { nextCursor, ...data } = (await as('admin').post(path)).body.data;
    expect(data).to.deep.equal({
      ...{ scanned: 4, found: 1, notFound: 1, unchecked: 1 },
      payments: [{ paymentId, transactionHash: txHash, network: 'bsc', source: 'chain' }],
    });
    expect(calls[0]?.input).to.deep.equal({ limit: 10, after: null, askProvider: true });
    await as('admin').post(path, { cursor: nextCursor });
    expect(calls[1]?.input).to.deep.include({ after: { atMs: nowMs, id: otherPaymentId } });
    const elsewhere = await as('admin').post('/api/payment/decentralized/verify-all-pending', { cursor: nextCursor });
    expectProblem(elsewhere, 400, 'validation_failed');
  });
});
