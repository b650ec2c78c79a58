import { expect } from 'chai';
import request from 'supertest';
import { AppError, errorCodes } from '../../server/errors.ts';
import { statusOf } from '../../server/http/errorHandler.ts';
import { paymentState, recorded } from './records.ts';
import { bearer, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/requests';
const order = { title: 'A bicycle with a secret-word' };
const failing = (error: unknown) => ({
  postRequest: async () => {
    throw error;
  },
});

describe('the app: errors', () => {
  it('tells nothing about a surprise and logs it with the id that the answer carries', async () => {
    const { as, logged } = standIn({ commands: failing(new Error('connect mongodb://user:pass@db')) });
    const answer = await as('buyer').post(path, order);
    expectProblem(answer, 500, 'internal_error');
    expect(answer.text).to.not.include('mongodb').and.to.not.include('stack');
    const line = logged.find((entry) => entry.level === 'error');
    expect(line?.fields).to.include({ requestId: answer.body.requestId });
  });

  for (const thrown of ['a string', null, undefined, { code: 'EPIPE' }]) {
    it(`survives that ${JSON.stringify(thrown) ?? 'nothing'} is thrown`, async () => {
      expectProblem(
        await standIn({ commands: failing(thrown) })
          .as('buyer')
          .post(path, order),
        500,
        'internal_error',
      );
    });
  }

  it('has a status number of 400 and above for every code', () => {
    for (const code of errorCodes) expect(statusOf[code], code).to.be.within(400, 599);
  });

  it('cannot be made to lie by the details of an error', async () => {
    const details = { success: true, status: 200, code: 'ok', availableAt: 'x' };
    const answer = await standIn({ commands: failing(new AppError('busy', 'Later.', { details })) })
      .as('buyer')
      .post(path, order);
    expectProblem(answer, 503, 'busy');
    expect(answer.get('retry-after')).to.equal('1');
    expect(answer.body.availableAt).to.equal('x');
  });

  it('keeps the cause of an error out of the answer', async () => {
    const cause = new Error('RPC http://node:8545 timed out');
    const answer = await standIn({
      commands: failing(new AppError('chain_unavailable', 'No node answers.', { cause })),
    })
      .as('buyer')
      .post(path, order);
    expectProblem(answer, 503, 'chain_unavailable');
    expect(answer.text).to.not.include('8545');
  });

  it('answers unknown paths and methods 404 as problems', async () => {
    const { app } = standIn({ deps: { development: null } });
    expectProblem(await request(app).get('/nothing'), 404, 'not_found');
    expectProblem(await request(app).delete('/api/payment/1'), 404, 'not_found');
    expectProblem(await request(app).get('/api/payment/shkeeper/callback-test'), 404, 'not_found');
  });
});

describe('the app: request ids and logs', () => {
  it("keeps the caller's request id when it is harmless, and makes one otherwise", async () => {
    const { app } = standIn();
    const kept = await request(app).get('/livez').set('X-Request-Id', 'trace-1.a_B');
    expect(kept.get('x-request-id')).to.equal('trace-1.a_B');
    for (const bad of ['a b', 'x'.repeat(65), '{"a":1}']) {
      const made = await request(app).get('/livez').set('X-Request-Id', bad);
      expect(made.get('x-request-id')).to.match(/^[0-9a-f-]{36}$/);
    }
  });

  it('logs one line a request with ids and numbers, and no body, query or token', async () => {
    const { as, logged } = standIn({ commands: failing(new AppError('forbidden', 'No.')) });
    await as('buyer').post(`${path}?token=query-secret`, order);
    const lines = logged.filter((entry) => entry.message === 'request');
    expect(lines).to.have.length(1);
    expect(lines[0]?.fields).to.include({ method: 'POST', path, status: 400, userId: 'buyer-1' });
    const text = JSON.stringify(logged);
    for (const secret of ['secret-word', 'query-secret', bearer('buyer').slice(7, 40)])
      expect(text).to.not.include(secret);
  });
});

describe('the app: headers', () => {
  it('allows exactly the listed origins, and never credentials', async () => {
    const { app } = standIn();
    const listed = await request(app).get('/livez').set('Origin', 'https://shop.example');
    expect(listed.get('access-control-allow-origin')).to.equal('https://shop.example');
    expect(listed.get('access-control-allow-credentials')).to.equal(undefined);
    for (const origin of ['https://shop.example.evil.io', 'http://shop.example', 'https://sub.shop.example', 'null']) {
      const answer = await request(app).get('/livez').set('Origin', origin);
      expect(answer.get('access-control-allow-origin'), origin).to.equal(undefined);
    }
  });

  it('answers the preflight of a listed origin', async () => {
    const answer = await request(standIn().app)
      .options('/api/payment/shkeeper/intents')
      .set('Origin', 'https://shop.example')
      .set('Access-Control-Request-Method', 'POST')
      .set('Access-Control-Request-Headers', 'authorization,idempotency-key');
    expect(answer.status).to.equal(204);
    expect(answer.get('access-control-allow-headers')).to.equal('authorization,idempotency-key');
  });

  it('sends the headers of a careful server', async () => {
    const answer = await request(standIn().app).get('/livez');
    expect(answer.get('x-powered-by')).to.equal(undefined);
    expect(answer.get('x-content-type-options')).to.equal('nosniff');
    expect(answer.get('strict-transport-security')).to.include('max-age=31536000');
    expect(answer.get('content-security-policy')).to.be.a('string');
  });

  it('lets no cache keep what belongs to a user', async () => {
    const world = standIn();
    const state = paymentState();
    world.payments.set(state.id, recorded(state));
    expect((await world.as('buyer').get(`/api/payment/${state.id}`)).get('cache-control')).to.equal('no-store');
    expect((await world.as('buyer', 'x').get(`/api/payment/${state.id}`)).get('cache-control')).to.equal('no-store');
  });
});
