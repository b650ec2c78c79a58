import { expect } from 'chai';
import { addressOf } from './records.ts';
import { standIn } from './standIn.ts';
import { badAmounts, behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/payout';
const body = {
  purchaseRequestId: 'request-1',
  sellerOfferId: 'offer-1',
  buyerId: 'buyer-1',
  sellerId: 'seller-1',
  amount: 99,
  recipientAddress: addressOf('4'),
};
const commands = { paySeller: async () => ({ payoutId: 'b'.repeat(24), taskId: 'p-7-0', status: 'requested' }) };
const missing = Object.keys(body).map((name) => {
  const rest = Object.entries(body).filter(([key]) => key !== name);
  return [`no ${name}`, Object.fromEntries(rest)];
});

describe('POST /api/payment/shkeeper/payout', () => {
  behavesLikeMutation({
    path,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body,
    otherBody: { ...body, recipientAddress: addressOf('6') },
    badBodies: {
      ...Object.fromEntries(missing),
      'a name for an address': { ...body, recipientAddress: 'seller.eth' },
      'a stranger to be owed': { ...body, owedTo: 'platform' },
    },
    command: 'paySeller',
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

  it('answers as the seed does', async () => {
    const { as, calls } = standIn({ commands });
    const answer = await as('admin').post(path, { ...body, metadata: { note: 'thanks' } });
    expect(answer.body).to.have.all.keys('success', 'data', 'message');
    expect(answer.body.data).to.deep.equal({ payoutId: 'b'.repeat(24), taskId: 'p-7-0', status: 'requested' });
    expect(calls[0]?.input).to.deep.include({ amount: '99', token: 'USDT', network: 'bsc' });
    expect(calls[0]?.input).to.not.have.any.keys('metadata', 'owedTo');
  });
});
