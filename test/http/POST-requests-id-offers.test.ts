import { expect } from 'chai';
import { addressOf, sellerOffer } from './records.ts';
import { standIn } from './standIn.ts';
import { badAmounts, behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/requests/request-1/offers';
const commands = { placeOffer: async () => sellerOffer({ amount: '100.25' }) };

describe('POST /api/requests/:id/offers', () => {
  behavesLikeMutation({
    path,
    role: 'seller',
    wrongRoles: ['buyer', 'admin', 'auditor'],
    body: { amount: 100 },
    otherBody: { amount: 101 },
    badBodies: {
      'no amount': {},
      'a payout address that is none': { amount: 1, payoutAddress: 'seller' },
      'a network with a path': { amount: 1, network: '../bsc' },
    },
    status: 201,
    command: 'placeOffer',
    commands,
  });

  for (const [name, amount] of Object.entries(badAmounts)) {
    it(`refuses the amount ${name}`, async () => {
      const { as, calls } = standIn({ commands });
      const answer = await as('seller').post(path, { amount });
      expectProblem(answer, 400, 'validation_failed');
      expect(answer.body.errors[0].pointer).to.equal('#/amount');
      expect(calls).to.deep.equal([]);
    });
  }

  it('hands amounts on as decimal strings and networks in lower case', async () => {
    const { as, calls } = standIn({ commands });
    for (const amount of [100.25, '100.25', '0.000000000000000001', 1])
      await as('seller').post(path, { amount, network: 'BSC' });
    const amounts = calls.map(({ input }) => input as { amount: string; network: string });
    expect(amounts.map(({ amount }) => amount)).to.deep.equal(['100.25', '100.25', '0.000000000000000001', '1']);
    expect(amounts[0]?.network).to.equal('bsc');
  });

  it('answers the amount as a number and exactly, and the payout address to its seller', async () => {
    const answer = await standIn({ commands }).as('seller').post(path, { amount: 100.25 });
    expect(answer.body.data).to.include({ amount: 100.25, amountExact: '100.25', payoutAddress: addressOf('2') });
  });
});
