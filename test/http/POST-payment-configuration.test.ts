import { expect } from 'chai';
import request from 'supertest';
import { offering } from './offeredNetworks.ts';
import {
  addressOf,
  otherPaymentId,
  paymentId,
  paymentState,
  purchaseRequest,
  recorded,
  sellerOffer,
} from './records.ts';
import { rateLimits, standIn, type World } from './standIn.ts';
import { badAmounts, expectProblem } from './standingCases.ts';

const path = '/api/payment/configuration';
const body = { purchaseRequestId: 'request-1' };
const spelled = (digit: string) => addressOf(digit).replace('0x', '0X');

function withRequest(selectedOfferId: string | null = null): World {
  const world = standIn({ deps: { gateway: offering } });
  world.requests.set('request-1', purchaseRequest({ selectedOfferId }));
  world.offers.push(sellerOffer({ amount: '100.50' }));
  return world;
}
function withPayment(state = paymentState()): World {
  const world = withRequest();
  world.payments.set(paymentId, recorded(state));
  return world;
}
const amountsOf = (answer: { body: { accept: object[] } }) => answer.body.accept.filter((entry) => 'amount' in entry);

describe('POST /api/payment/configuration', () => {
  it('lists what is taken on which network to anybody, without an amount and without an address that pays nothing', async () => {
    const answer = await request(withRequest().app).post(path).send({});
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.body.accept).to.have.length(4);
    expect(answer.body.accept[0]).to.deep.equal({
      ...{ blockchain: 'bsc', chainId: 31337, token: spelled('5'), symbol: 'USDT', decimals: 18, receiver: null },
    });
    expect(answer.body.webhook).to.equal('https://pay.example/api/payment/shkeeper/webhook');
    expect(answer.body.redirect).to.deep.equal({ success: 'https://pay.example/', cancel: 'https://pay.example/' });
    expect(answer.text).to.not.include(addressOf('e').slice(2));
  });

  it('narrows the list to a currency', async () => {
    const answer = await request(withRequest().app).post(path).send({ currency: 'usdc', amount: 5 });
    expect(answer.body.accept.map((entry: { symbol: string }) => entry.symbol)).to.deep.equal(['USDC', 'USDC']);
    expect(amountsOf(answer)).to.deep.equal([]);
  });

  it("names the payment's own receiver and its price to the parties and operators", async () => {
    for (const role of ['buyer', 'seller', 'admin', 'auditor'] as const) {
      const answer = await withPayment().as(role).post(path, body);
      expect(answer.body.accept, answer.text).to.deep.equal([
        {
          ...{ blockchain: 'bsc', chainId: 31337, token: spelled('5'), symbol: 'USDT', decimals: 18 },
          ...{ receiver: spelled('8'), amount: '100' },
        },
      ]);
      expect(answer.body).to.include({ paymentId });
      expect(answer.body.redirect.success).to.equal(`https://pay.example/pay/${paymentId}`);
    }
  });

  it('names the vault where no provider takes the money, and nothing while the provider has given no address', async () => {
    const direct = await withPayment(paymentState({ rail: 'web3', provider: null }))
      .as('buyer')
      .post(path, body);
    expect(direct.body.accept[0].receiver).to.equal(spelled('7'));
    const { provider } = paymentState();
    const early = withPayment(paymentState({ provider: provider && { ...provider, address: null } }));
    expect((await early.as('buyer').post(path, body)).body.accept[0].receiver).to.equal(null);
  });

  it('names the price of the selected offer, in its own decimals, while there is no payment', async () => {
    const answer = await withRequest('offer-1').as('buyer').post(path, body);
    expect(answer.body.accept).to.have.length(1);
    expect(answer.body.accept[0]).to.include({ symbol: 'USDT', amount: '100.5', receiver: null });
    expect(answer.body).to.not.have.property('paymentId');
  });

  it('tells a stranger and nobody exactly what it tells of a request that does not exist', async () => {
    const world = withPayment();
    const nobody = await request(world.app).post(path).send(body);
    const unknown = await request(world.app).post(path).send({ purchaseRequestId: 'request-9' });
    const strangers = [world.as('buyer', 'buyer-2'), world.as('seller', 'seller-2')];
    for (const stranger of strangers) expect((await stranger.post(path, body)).body).to.deep.equal(unknown.body);
    expect(nobody.body).to.deep.equal(unknown.body);
    expect(amountsOf(nobody)).to.deep.equal([]);
  });

  it("shows a rival seller nothing of the selected offer, nor of another seller's payment", async () => {
    const rival = await withRequest('offer-1').as('seller', 'seller-2').post(path, body);
    expect(amountsOf(rival)).to.deep.equal([]);
  });

  it('forgets a payment that is over', async () => {
    const over = await withPayment(paymentState({ status: 'released' }))
      .as('buyer')
      .post(path, body);
    expect(over.text).to.not.include(paymentId);
  });

  it('refuses an amount or a currency that is not the stored one, and uses neither', async () => {
    const world = withPayment();
    for (const sent of [{ amount: '0.01' }, { amount: 101 }, { amount: '100.000000000000000001' }]) {
      expectProblem(await world.as('buyer').post(path, { ...body, ...sent }), 409, 'offer_mismatch');
    }
    expectProblem(await world.as('buyer').post(path, { ...body, currency: 'USDC' }), 409, 'offer_mismatch');
    const same = await world.as('buyer').post(path, { ...body, amount: '100.00', currency: 'usdt' });
    expect(same.body.accept[0].amount).to.equal('100');
  });

  it('refuses a token that is not ours, unknown fields and operators for an id', async () => {
    const { app } = withRequest();
    expectProblem(
      await request(app).post(path).set('Authorization', 'Bearer a.b.c').send({}),
      401,
      'not_authenticated',
    );
    expectProblem(await request(app).post(path).set('Authorization', 'Basic x').send({}), 401, 'not_authenticated');
    for (const bad of [{ receiver: addressOf('1') }, { purchaseRequestId: { $gt: '' } }, { currency: ['USDT'] }]) {
      expectProblem(await request(app).post(path).send(bad), 400, 'validation_failed');
    }
    for (const amount of Object.values(badAmounts)) {
      expectProblem(await request(app).post(path).send({ amount }), 400, 'validation_failed');
    }
  });

  it('is limited per address', async () => {
    const { app } = standIn({ settings: { rateLimits: { ...rateLimits, anonymousPerMinute: 1 } } });
    await request(app).post(path).send({});
    expectProblem(await request(app).post(path).send({}), 429, 'rate_limited');
  });

  it('takes only an incoming payment of this very request for its own', async () => {
    const world = withRequest();
    world.payments.set(otherPaymentId, recorded(paymentState({ requestId: 'request-2' })));
    expect((await world.as('buyer').post(path, body)).body).to.not.have.property('paymentId');
  });
});
