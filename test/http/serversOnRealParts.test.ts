import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import request from 'supertest';
import { checkTrail } from '../../scripts/audit/trail.ts';
import type { TrailRecord } from '../../server/domain/auditTrail.ts';
import { openTrail } from '../../server/store/auditTrail.ts';
import { plant } from '../support/canaries.ts';
import { eventually } from '../support/eventually.ts';
import { services, uniqueDatabase } from '../support/services.ts';
import { openTestApp, patienceMs, type TestApp } from '../support/testApp.ts';
import { type ServerCall, signedHeaders } from './serverCalls.ts';
import { expectProblem } from './standingCases.ts';

/** Keys, development routes and the trail over the real database, Redis, chain and provider; each step needs the one before. */
describe('a server of a marketplace over HTTP', function () {
  this.timeout(4 * patienceMs);
  let app: TestApp;
  const { uri } = uniqueDatabase('servers');
  let key = { id: '', secret: '' };
  let paymentId = '';

  const send = (call: ServerCall, headers = signedHeaders(key, call)) => {
    const asked = request(app.url)[call.method](call.target).set(headers);
    return call.body === undefined ? asked : asked.type('application/json').send(call.body);
  };
  const seconds = () => Math.floor(Date.now() / 1000);
  const read = (nonce: string): ServerCall => {
    return { method: 'get', target: `/api/payment/${paymentId}`, timestamp: seconds(), headers: { 'x-nonce': nonce } };
  };
  const asAdmin = (path: string, body?: object) =>
    request(app.url).post(path).set('Authorization', app.bearer('admin')).send(body);

  before(async () => {
    app = await openTestApp({
      ...{ MONGODB_URI: uri, REDIS_URL: services().redisUrl, DEVELOPMENT_ROUTES: 'on' },
      ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    });
  });
  after(async () => {
    await app?.close();
  });

  it('asks the provider for its coins, and opens a payment to try things on', async () => {
    const coins = await request(app.url).post('/api/payment/shkeeper/test');
    expect(coins.body.data.coins, coins.text).to.include('BNB-USDT');
    const opened = await request(app.url).post('/api/payment/shkeeper/create-test-payment').send({ amount: 5 });
    expect(opened.status, opened.text).to.equal(201);
    paymentId = opened.body.data.paymentId;
  });

  it('sends a delivery to the webhook, which takes it and believes nothing that the chain does not say', async () => {
    const sent = await asAdmin('/api/payment/shkeeper/trigger-webhook', { paymentId, status: 'PAID' });
    expect(sent.status, sent.text).to.equal(200);
    expect(sent.body.data.answered.status).to.equal(202);
    const payment = await request(app.url).get(`/api/payment/${paymentId}`).set('Authorization', app.bearer('admin'));
    expect(payment.body).to.include({ status: 'pending', escrowState: 'unfunded' });
  });

  it('is let in by a key that an admin issued, once for each signature', async () => {
    const issued = await asAdmin('/api/payment/v1/api-keys', { name: 'shop', scopes: ['read', 'trade'] });
    expect(issued.status, issued.text).to.equal(201);
    key = issued.body.data;
    plant('the secret of an API key', key.secret);
    const call = read('one');
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(call)));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, ...Array.from({ length: 9 }, () => 401)]);
    const wrong = await send(call, { ...signedHeaders(key, call), 'x-nonce': 'two' });
    expectProblem(wrong, 401, 'invalid_signature');
  });

  it('posts for a buyer, once for each idempotency key', async () => {
    const call = (nonce: string): ServerCall => ({
      ...{ method: 'post', target: '/api/requests', timestamp: seconds(), body: '{"title":"A bicycle"}' },
      headers: { 'idempotency-key': 'order-1', 'x-nonce': nonce, 'x-on-behalf-of': 'buyer:anna' },
    });
    const [first, second] = [await send(call('a')), await send(call('b'))];
    expect(first.status, first.text).to.equal(201);
    expect(first.body.data.buyerId).to.equal('anna');
    expect(second.body).to.deep.equal(first.body);
  });

  it('is not let in any more when an admin has revoked its key', async () => {
    expect((await asAdmin(`/api/payment/v1/api-keys/${key.id}/revoke`)).status).to.equal(200);
    const refused = await send(read('three'));
    expectProblem(refused, 401, 'invalid_signature');
    expect(refused.body.reason).to.equal('key_revoked');
  });

  it('left a trail that holds, and no secret in it', async () => {
    const trail = openTrail({ uri });
    try {
      const records = async () => {
        const found: TrailRecord[] = [];
        for await (const { record } of trail.read()) found.push(record);
        return found;
      };
      const actions = await eventually(
        async () => {
          const found = (await records()).map(({ action, outcome }) => `${action} ${outcome}`);
          return found.some((entry) => entry.includes('/revoke 200')) ? found : null;
        },
        { timeoutMs: patienceMs, what: 'the revocation in the trail' },
      );
      expect(actions).to.include('POST /api/payment/v1/api-keys 201');
      expect(JSON.stringify(await records())).to.not.include(key.secret);
      expect(await checkTrail(trail.read(), async () => [])).to.include({ holds: true });
    } finally {
      await trail.close();
    }
  });
});
