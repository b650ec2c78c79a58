import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import type { Commands } from '../../server/http/appDeps.ts';
import { otherPaymentId, paymentId, paymentState, txHash } from './records.ts';
import { standIn } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/release-batch/confirm';
const body = { paymentIds: [paymentId], txHash };
const third = 'c'.repeat(24);
const confirmBatch: Commands['confirmBatch'] = async () => [
  {
    ...{ outcome: 'settled', paymentId, state: paymentState({ status: 'released' }) },
    settlement: { state: 'final', txHash },
  },
  { outcome: 'failed', paymentId: otherPaymentId, state: paymentState({ status: 'completed' }), reason: 'WrongSeq' },
  { outcome: 'refused', paymentId: third, code: 'transaction_other_payment', message: 'Another.' },
];

describe('POST /api/payment/shkeeper/release-batch/confirm', () => {
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body,
    otherBody: { paymentIds: [otherPaymentId], txHash },
    badBodies: {
      'no payments': { txHash },
      'an empty list': { paymentIds: [], txHash },
      'a payment twice': { paymentIds: [paymentId, paymentId], txHash },
      '51 payments': { paymentIds: Array.from({ length: 51 }, (_, n) => n.toString(16).padStart(24, '0')), txHash },
      'no hash': { paymentIds: [paymentId] },
      'a hash of 31 bytes': { paymentIds: [paymentId], txHash: `0x${'12'.repeat(31)}` },
    },
    command: 'confirmBatch',
    commands: { confirmBatch },
    claims: false,
  });

  it('answers payment by payment what the contract did', async () => {
    const answer = await standIn({ commands: { confirmBatch } }).as('admin').post(path, body);
    expect(answer.body).to.deep.equal({
      success: true,
      data: {
        items: [
          {
            ...{ outcome: 'settled', paymentId, status: 'released', escrowState: 'released' },
            settlement: { state: 'final', txHash },
          },
          {
            ...{ outcome: 'failed', paymentId: otherPaymentId, status: 'completed', escrowState: 'funded' },
            reason: 'WrongSeq',
          },
          { outcome: 'refused', paymentId: third, code: 'transaction_other_payment', message: 'Another.' },
        ],
      },
    });
  });

  for (const code of ['transaction_not_mined', 'transaction_reverted', 'transaction_foreign_contract'] as const) {
    it(`answers 409 ${code} when it holds for the whole transaction`, async () => {
      const refusing = async () => {
        throw new AppError(code, 'No.');
      };
      const answer = await standIn({ commands: { confirmBatch: refusing } })
        .as('admin')
        .post(path, body);
      expectProblem(answer, 409, code);
    });
  }
});
