import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { addressOf, paymentId, paymentState, txHash } from './records.ts';
import { rateLimits, standIn } from './standIn.ts';
import { badAmounts, behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/decentralized/save';
const body = { purchaseRequestId: 'request-1', buyerId: 'buyer-1', amount: 100 };
const commands = { recordPayment: async () => paymentState({ rail: 'web3', provider: null }) };

describe('POST /api/payment/decentralized/save', () => {
  behavesLikeMutation({
    path,
    role: 'buyer',
    wrongRoles: ['seller', 'admin', 'auditor'],
    body,
    otherBody: { ...body, amount: 101 },
    badBodies: {
      nothing: {},
      'no buyer': { purchaseRequestId: 'request-1', amount: 100 },
      'a status': { ...body, status: 'completed' },
      'an escrow state': { ...body, escrowState: 'funded' },
      'a hash that is none': { ...body, transactionHash: '0x12' },
      'a wallet that is none': { ...body, walletAddress: 'me.eth' },
      'an operator for an id': { ...body, buyerId: { $ne: null } },
      'metadata above 4 KB': { ...body, metadata: { note: 'x'.repeat(5000) } },
    },
    command: 'recordPayment',
    commands,
  });

  for (const [name, amount] of Object.entries(badAmounts)) {
    it(`refuses the amount ${name}`, async () => {
      const { as, calls } = standIn({ commands });
      expectProblem(await as('buyer').post(path, { ...body, amount }), 400, 'validation_failed');
      expect(calls).to.deep.equal([]);
    });
  }

  it('answers where to pay, as pending, and calls the hash a hint', async () => {
    const { as, calls } = standIn({ commands });
    const words = {
      ...{
        sellerId: 'seller-1',
        currency: 'USDT',
        network: 'BSC',
        token: addressOf('5'),
        walletAddress: addressOf('1'),
      },
      transactionHash: txHash.toUpperCase().replace('0X', '0x'),
    };
    const answer = await as('buyer').post(path, { ...body, ...words });
    expect(answer.body.data).to.include({ paymentId, status: 'pending', accepted: 'hint', transactionHash: txHash });
    expect(answer.body.data.payTo).to.include({ address: addressOf('7'), amount: '100' });
    expect(answer.body.data.externalId).to.equal(null);
    expect(calls[0]?.input).to.deep.include({
      ...{ rail: 'web3', purchaseRequestId: 'request-1', buyerId: 'buyer-1', amount: '100', network: 'bsc' },
      actor: { userId: 'buyer-1', role: 'buyer' },
      transactionHash: txHash,
    });
  });

  for (const code of ['offer_mismatch', 'transaction_already_used', 'request_already_funded'] as const) {
    it(`answers 409 ${code}`, async () => {
      const recordPayment = async () => {
        throw new AppError(code, 'No.');
      };
      expectProblem(await standIn({ commands: { recordPayment } }).as('buyer').post(path, body), 409, code);
    });
  }

  it('counts against the budget for opening', async () => {
    const { as } = standIn({ commands, settings: { rateLimits: { ...rateLimits, createPerMinute: 1 } } });
    await as('buyer').post(path, body);
    expectProblem(await as('buyer').post(path, body), 429, 'rate_limited');
  });
});
