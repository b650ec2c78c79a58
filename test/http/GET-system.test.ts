import { expect } from 'chai';
import request from 'supertest';
import { rateLimits, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

describe('GET /', () => {
  it('says what this is and where to look, with links that answer, and tells no versions', async () => {
    const { app } = standIn();
    const { status, body, text } = await request(app).get('/');
    expect([status, body.success, body.name]).to.deep.equal([200, true, 'Holdfast']);
    expect(body.links).to.deep.equal({
      ...{ docs: '/docs', openapi: '/openapi.json', asyncapi: '/asyncapi.json' },
      health: '/api/payment/health',
    });
    for (const link of Object.values<string>(body.links)) expect((await request(app).get(link)).status).to.equal(200);
    expect(text).to.not.match(/\d+\.\d+/);
    expectProblem(await request(app).post('/'), 404, 'not_found');
  });
});

describe('GET /livez', () => {
  it('answers while the process does, whatever is broken behind it', async () => {
    const checks = { mongodb: async () => Promise.reject(new Error('down')) };
    const answer = await request(standIn({ deps: { checks } }).app).get('/livez');
    expect([answer.status, answer.body]).to.deep.equal([200, { status: 'ok' }]);
  });
});

describe('GET /readyz', () => {
  it('names the checks that pass', async () => {
    const checks = { mongodb: async () => undefined, chain: async () => 12 };
    const answer = await request(standIn({ deps: { checks } }).app).get('/readyz');
    expect(answer.body).to.deep.equal({ status: 'ready', checks: { mongodb: 'ok', chain: 'ok' } });
  });

  it('answers 503 and names what fails, without telling how', async () => {
    const checks = {
      mongodb: async () => undefined,
      chain: async () => Promise.reject(new Error('http://node:8545 refused')),
    };
    const answer = await request(standIn({ deps: { checks } }).app).get('/readyz');
    expectProblem(answer, 503, 'not_ready');
    expect(answer.body.checks).to.deep.equal({ mongodb: 'ok', chain: 'failed' });
    expect(answer.text).to.not.include('8545');
  });
});

describe('GET /readyz, asked by many', () => {
  it('looks once a second, whoever asks', async () => {
    let [looks, nowMs] = [0, 0];
    const checks = { chain: async () => (looks += 1) };
    const { app } = standIn({ deps: { checks, clock: { now: () => nowMs } } });
    const ask = async () => (await request(app).get('/readyz')).status;
    expect(await Promise.all([ask(), ask(), ask()])).to.deep.equal([200, 200, 200]);
    expect(looks).to.equal(1);
    nowMs = 1_000;
    await ask();
    expect(looks).to.equal(2);
  });
});

describe('GET /api/payment/health', () => {
  it('answers anybody as the seed does', async () => {
    const { body } = await request(standIn().app).get('/api/payment/health');
    expect(body).to.have.all.keys('success', 'message', 'endpoints');
    expect(body.endpoints).to.have.all.keys('shkeeper', 'decentralized', 'health');
  });

  it('limits how often one address may ask', async () => {
    const { app } = standIn({
      settings: { rateLimits: { ...rateLimits, anonymousPerMinute: 1 } },
    });
    const first = await request(app).get('/api/payment/health').set('X-Forwarded-For', '1.2.3.4');
    expect(first.get('ratelimit-policy')).to.be.a('string');
    // No proxy of ours stands in front, so the header cannot make another address of it.
    const second = await request(app).get('/api/payment/health').set('X-Forwarded-For', '5.6.7.8');
    expectProblem(second, 429, 'rate_limited');
  });
});

describe('GET /openapi.json', () => {
  it('answers the document that the schemas make', async () => {
    const { body } = await request(standIn().app).get('/openapi.json');
    expect(body).to.include({ openapi: '3.1.1' });
    expect(body.paths).to.include.keys('/api/payment/shkeeper/intents', '/api/payment/{id}');
  });
});
