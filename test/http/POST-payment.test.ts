import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { addressOf, paymentId, paymentState, transition } from './records.ts';
import { standIn, type World } from './standIn.ts';
import { badAmounts, behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment';
const body = {
  ...{ purchaseRequestId: 'request-1', sellerOfferId: 'offer-1', buyerId: 'buyer-1', sellerId: 'seller-1' },
  amount: { amount: 100, currency: 'USDT' },
};
const state = paymentState({ rail: 'manual', provider: null });
const commands = { recordPayment: async () => state };
const prepare = (world: World) => {
  world.transitions.push(transition(1, { state }));
};
const without = (name: keyof typeof body) => Object.fromEntries(Object.entries(body).filter(([key]) => key !== name));

describe('POST /api/payment', () => {
  behavesLikeMutation({
    path,
    role: 'buyer',
    wrongRoles: ['seller', 'auditor'],
    body,
    otherBody: { ...body, sellerId: 'seller-2' },
    badBodies: {
      'no offer': without('sellerOfferId'),
      'no buyer': without('buyerId'),
      'no amount': without('amount'),
      'a bare amount': { ...body, amount: 100 },
      'an amount without its currency': { ...body, amount: { amount: 100 } },
      'half a blockchain': { ...body, blockchain: { network: 'bsc' } },
      'an unknown key inside': { ...body, amount: { amount: 100, currency: 'USDT', status: 'completed' } },
    },
    status: 201,
    command: 'recordPayment',
    commands,
    prepare,
  });

  for (const [name, amount] of Object.entries(badAmounts)) {
    it(`refuses the amount ${name}`, async () => {
      const { as, calls } = standIn({ commands });
      const sent = { ...body, amount: { amount, currency: 'USDT' } };
      expectProblem(await as('buyer').post(path, sent), 400, 'validation_failed');
      expect(calls).to.deep.equal([]);
    });
  }

  it('answers the bare document of a pending payment with an address of its own', async () => {
    const world = standIn({ commands });
    prepare(world);
    const answer = await world
      .as('admin')
      .post(path, { ...body, blockchain: { network: 'BSC', token: addressOf('5') } });
    expect(answer.status, answer.text).to.equal(201);
    expect(answer.body).to.include({ id: paymentId, status: 'pending', rail: 'manual', amountExact: '100' });
    expect(answer.body.payTo.address).to.equal(addressOf('7'));
    expect(world.calls[0]?.input).to.deep.include({
      ...{ rail: 'manual', amount: '100', currency: 'USDT', network: 'bsc', token: addressOf('5') },
      actor: { userId: 'admin-1', role: 'admin' },
    });
  });

  it('hands on the refusal of words that the offer contradicts', async () => {
    const recordPayment = async () => {
      throw new AppError('offer_mismatch', 'No.', { details: { field: 'buyerId', offered: 'buyer-1', sent: 'x' } });
    };
    const answer = await standIn({ commands: { recordPayment } }).as('buyer').post(path, body);
    expectProblem(answer, 409, 'offer_mismatch');
    expect(answer.body.errors).to.deep.equal([{ pointer: '#/buyerId', detail: 'No.' }]);
  });
});
