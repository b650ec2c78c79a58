import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { addressOf } from './records.ts';
import { standIn } from './standIn.ts';
import { badAmounts, behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/decentralized/admin-payout';
const body = { purchaseRequestId: 'request-1', receiverWalletAddress: addressOf('4'), amount: 99 };
const commands = { adminPayout: async () => ({ payoutId: 'b'.repeat(24), taskId: 'p-7-0', status: 'requested' }) };

describe('POST /api/payment/decentralized/admin-payout', () => {
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body,
    otherBody: { ...body, amount: 98 },
    badBodies: {
      'no request': { receiverWalletAddress: addressOf('4'), amount: 99 },
      'no wallet': { purchaseRequestId: 'request-1', amount: 99 },
      'a name for a wallet': { ...body, receiverWalletAddress: 'seller.eth' },
      'a key to sign with': { ...body, privateKey: `0x${'12'.repeat(32)}` },
    },
    command: 'adminPayout',
    commands,
  });

  for (const [name, amount] of Object.entries(badAmounts)) {
    it(`refuses the amount ${name}`, async () => {
      expectProblem(
        await standIn({ commands })
          .as('admin')
          .post(path, { ...body, amount }),
        400,
        'validation_failed',
      );
    });
  }

  it('answers the order that was placed, never that it arrived', async () => {
    const { as, calls } = standIn({ commands });
    const answer = await as('admin').post(path, { ...body, network: 'BSC' });
    expect(answer.body.data).to.deep.equal({ payoutId: 'b'.repeat(24), taskId: 'p-7-0', status: 'requested' });
    expect(calls[0]?.input).to.deep.include({ amount: '99', currency: 'USDT', network: 'bsc' });
  });

  it('says what to do with money that lies in the escrow', async () => {
    const adminPayout = async () => {
      throw new AppError('amount_exceeds_balance', 'Release it.', { details: { paymentId: 'a'.repeat(24) } });
    };
    const answer = await standIn({ commands: { adminPayout } }).as('admin').post(path, body);
    expectProblem(answer, 409, 'amount_exceeds_balance');
    expect(answer.body.paymentId).to.equal('a'.repeat(24));
  });
});
