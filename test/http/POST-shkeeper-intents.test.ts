import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { addressOf, paymentId, paymentState } from './records.ts';
import { standIn } from './standIn.ts';
import { badAmounts, behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/intents';
const body = { purchaseRequestId: 'request-1', sellerOfferId: 'offer-1', sellerId: 'seller-1', amount: 100 };
const commands = { openIntent: async () => ({ state: paymentState(), seq: 2, reused: false }) };
const without = (name: keyof typeof body) => Object.fromEntries(Object.entries(body).filter(([key]) => key !== name));

describe('POST /api/payment/shkeeper/intents', () => {
  behavesLikeMutation({
    path,
    role: 'buyer',
    wrongRoles: ['seller', 'admin', 'auditor'],
    body,
    otherBody: { ...body, amount: 101 },
    badBodies: {
      nothing: {},
      'no request': without('purchaseRequestId'),
      'no offer': without('sellerOfferId'),
      'no seller': without('sellerId'),
      'no amount': without('amount'),
      'an operator for an id': { ...body, sellerOfferId: { $gt: '' } },
      'metadata above 4 KB': { ...body, metadata: { note: 'x'.repeat(5000) } },
      'metadata that is no object': { ...body, metadata: ['x'] },
    },
    command: 'openIntent',
    commands,
  });

  it('refuses metadata that is nested deeper than anybody could write it out again', async () => {
    const { as, calls } = standIn({ commands });
    const nested = `${'['.repeat(45_000)}${']'.repeat(45_000)}`;
    const text = JSON.stringify({ ...body, metadata: { x: 0 } }).replace('"x":0', `"x":${nested}`);
    const answer = await as('buyer').post(path).type('application/json').send(text);
    expectProblem(answer, 400, 'validation_failed');
    expect(calls).to.deep.equal([]);
  });

  for (const [name, amount] of Object.entries(badAmounts)) {
    it(`refuses the amount ${name}`, async () => {
      const { as, calls } = standIn({ commands });
      expectProblem(await as('buyer').post(path, { ...body, amount }), 400, 'validation_failed');
      expect(calls).to.deep.equal([]);
    });
  }

  it('names every missing field at once', async () => {
    const answer = await standIn({ commands }).as('buyer').post(path, {});
    const pointers = answer.body.errors.map((error: { pointer: string }) => error.pointer);
    expect(pointers).to.have.members(['#/purchaseRequestId', '#/sellerOfferId', '#/sellerId', '#/amount']);
  });

  it('answers as the seed does, with where to pay and the full terms', async () => {
    const answer = await standIn({ commands }).as('buyer').post(path, body);
    const { success, data } = answer.body;
    expect(success).to.equal(true);
    expect(data).to.include({
      paymentId,
      paymentUrl: `https://pay.example/pay/${paymentId}`,
      externalId: `AMN_${paymentId}`,
      expiresAt: '2026-11-21T12:15:00.000Z',
      status: 'pending',
      escrowState: 'unfunded',
    });
    expect(data.payTo).to.deep.equal({
      address: addressOf('8'),
      amount: '100',
      network: 'bsc',
      token: 'USDT',
      tokenAddress: addressOf('5'),
      chainId: 31337,
    });
    expect(data.terms).to.include({ amount: '100000000000000000000', refundTo: addressOf('3'), feeBps: '100' });
  });

  it('fills in the defaults and hands metadata on as text', async () => {
    const { as, calls } = standIn({ commands });
    await as('buyer').post(path, { ...body, amount: '99.5', network: 'BSC', metadata: { cart: 7 } });
    expect(calls[0]?.input).to.include({ amount: '99.5', token: 'USDT', network: 'bsc', metadata: '{"cart":7}' });
    expect(calls[0]?.input).to.not.have.property('idempotencyClaim');
  });

  it('lets a failed call be repeated with its key', async () => {
    let tries = 0;
    const openIntent = async () => {
      tries += 1;
      if (tries === 1) throw new AppError('provider_failed', 'SHKeeper did not answer.');
      return { state: paymentState(), seq: 2, reused: true };
    };
    const { as } = standIn({ commands: { openIntent } });
    const first = await as('buyer').post(path, body, 'key-1');
    expectProblem(first, 502, 'provider_failed');
    expect(first.get('retry-after')).to.equal('5');
    expect((await as('buyer').post(path, body, 'key-1')).status).to.equal(200);
  });

  it('answers 409 while the first call with the key still runs', async () => {
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const openIntent = async () => {
      entered.resolve();
      await gate.promise;
      return { state: paymentState(), seq: 2, reused: false };
    };
    const { as } = standIn({ commands: { openIntent } });
    const first = as('buyer')
      .post(path, body, 'key-1')
      .then((answer) => answer.status);
    await entered.promise;
    expectProblem(await as('buyer').post(path, body, 'key-1'), 409, 'idempotency_key_in_use');
    gate.resolve();
    expect(await first).to.equal(200);
  });

  it('keeps the keys of two users apart', async () => {
    const { as, calls } = standIn({ commands });
    await as('buyer').post(path, body, 'key-1');
    const other = await as('buyer', 'buyer-2').post(path, body, 'key-1');
    expect(other.get('idempotent-replayed')).to.equal(undefined);
    expect(calls).to.have.length(2);
  });

  it('refuses a key that is none', async () => {
    const { as } = standIn({ commands });
    expectProblem(await as('buyer').post(path, body, 'two words'), 400, 'validation_failed');
    expectProblem(await as('buyer').post(path, body, 'x'.repeat(129)), 400, 'validation_failed');
  });

  for (const code of ['offer_mismatch', 'request_already_funded', 'request_closed'] as const) {
    it(`answers 409 ${code}`, async () => {
      const openIntent = async () => {
        throw new AppError(code, 'No.', { details: { field: 'amount' } });
      };
      const answer = await standIn({ commands: { openIntent } }).as('buyer').post(path, body);
      expectProblem(answer, 409, code);
      expect(answer.body.errors).to.deep.equal([{ pointer: '#/amount', detail: 'No.' }]);
    });
  }
});
