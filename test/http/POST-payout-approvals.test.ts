import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { addressOf, paymentId } from './records.ts';
import { nowMs, standIn } from './standIn.ts';
import { badAmounts, behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/v1/payout-approvals';
const approvalHash = 'ab'.repeat(32);
const body = {
  paymentId,
  amount: '4000',
  token: 'USDT',
  network: 'bsc',
  destination: addressOf('4'),
  owedTo: 'seller',
  proposerId: 'admin-2',
  approvalHash,
};
const commands = {
  approvePayout: async () => ({
    ...{ hash: approvalHash, approvedBy: 'admin-1' },
    ...{ approvedAtMs: nowMs, expiresAtMs: nowMs + 3_600_000 },
  }),
};
const missing = Object.keys(body).map((name) => {
  const rest = Object.entries(body).filter(([key]) => key !== name);
  return [`no ${name}`, Object.fromEntries(rest)];
});

describe('POST /api/payment/v1/payout-approvals', () => {
  behavesLikeMutation({
    ...{ path, role: 'admin', wrongRoles: ['buyer', 'seller', 'auditor'], body },
    otherBody: { ...body, amount: '4001' },
    badBodies: {
      ...Object.fromEntries(missing),
      'a hash that is none': { ...body, approvalHash: 'ab' },
      'an operator for a hash': { ...body, approvalHash: { $ne: '' } },
      'a stranger to be owed': { ...body, owedTo: 'platform' },
      ...Object.fromEntries(
        Object.entries(badAmounts).map(([name, amount]) => [`amount ${name}`, { ...body, amount }]),
      ),
    },
    ...{ command: 'approvePayout', commands, claims: false },
  });

  it('says until when the proposer may order it', async () => {
    const { as, calls } = standIn({ commands });
    const answer = await as('admin').post(path, body);
    expect(answer.body.data).to.deep.equal({
      ...{ approvalHash, approvedBy: 'admin-1' },
      ...{ approvedAt: '2026-11-21T12:00:00.000Z', expiresAt: '2026-11-21T13:00:00.000Z' },
    });
    expect(calls[0]?.input).to.deep.include({ ...body, actor: { userId: 'admin-1', role: 'admin' } });
  });

  it('names its refusals', async () => {
    for (const [code, status] of [
      ['payout_approval_own', 403],
      ['payout_approval_mismatch', 409],
    ] as const) {
      const approvePayout = async () => {
        throw new AppError(code, 'No.');
      };
      const { as } = standIn({ commands: { approvePayout } });
      expectProblem(await as('admin').post(path, body), status, code);
    }
  });
});
