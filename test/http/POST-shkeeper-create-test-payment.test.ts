import { expect } from 'chai';
import request from 'supertest';
import { AppError } from '../../server/errors.ts';
import { paymentState, purchaseRequest, sellerOffer } from './records.ts';
import { standIn } from './standIn.ts';
import { badAmounts, expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/create-test-payment';
const commands = {
  postRequest: async () => purchaseRequest(),
  placeOffer: async () => sellerOffer(),
  openIntent: async () => ({ state: paymentState(), reused: false }),
};

describe('POST /api/payment/shkeeper/create-test-payment', () => {
  it('opens request, offer and payment by the ordinary commands, and says what they made', async () => {
    const { app, calls } = standIn({ commands });
    const answer = await request(app).post(path).send({ amount: '12.5', buyerId: 'buyer-1', sellerId: 'seller-1' });
    expect(answer.status, answer.text).to.equal(201);
    expect(answer.body.data).to.include({ paymentId: paymentState().id, status: 'pending', buyerId: 'buyer-1' });
    expect(calls.map(({ command }) => command)).to.deep.equal(['postRequest', 'placeOffer', 'openIntent']);
    expect(calls[2]?.input).to.deep.include({ amount: '12.5', sellerId: 'seller-1' });
    expect(calls[2]?.input).to.have.deep.property('actor', { userId: 'buyer-1', role: 'buyer' });
  });

  it('needs nothing but the wish', async () => {
    expect((await request(standIn({ commands }).app).post(path)).status).to.equal(201);
  });

  for (const [name, bad] of Object.entries(badAmounts)) {
    it(`refuses the amount ${name}`, async () => {
      expectProblem(await request(standIn().app).post(path).send({ amount: bad }), 400, 'validation_failed');
    });
  }

  it('takes no status from anybody', async () => {
    expectProblem(await request(standIn().app).post(path).send({ status: 'completed' }), 400, 'validation_failed');
  });

  it('passes on that no payment can be opened', async () => {
    const refusing = {
      ...commands,
      openIntent: async () => {
        throw new AppError('too_many_unpaid', 'Too many.');
      },
    };
    expectProblem(await request(standIn({ commands: refusing }).app).post(path), 409, 'too_many_unpaid');
  });
});
