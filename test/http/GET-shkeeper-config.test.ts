import { expect } from 'chai';
import request from 'supertest';
import { offering } from './offeredNetworks.ts';
import { bearer, rateLimits, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/config';
const world = () => standIn({ deps: { gateway: offering } });

describe('GET /api/payment/shkeeper/config', () => {
  it('answers what everybody is told, whoever asks', async () => {
    const { app } = world();
    const bare = await request(app).get(path);
    expect(bare.status, bare.text).to.equal(200);
    expect(bare.body).to.have.all.keys('accept', 'redirect', 'webhook');
    expect(bare.body.accept.every((entry: { receiver: unknown }) => entry.receiver === null)).to.equal(true);
    const known = await request(app).get(path).set('Authorization', bearer('admin'));
    expect(known.body).to.deep.equal(bare.body);
    const open = await request(app).post('/api/payment/configuration').send({});
    expect(bare.body).to.deep.equal(open.body);
  });

  it('lets pages of any origin read it without credentials, and may be kept for a minute', async () => {
    const answer = await request(world().app).get(path).set('Origin', 'https://anybody.example');
    expect(answer.get('access-control-allow-origin')).to.equal('*');
    expect(answer.get('access-control-allow-credentials')).to.equal(undefined);
    expect(answer.get('cache-control')).to.equal('public, max-age=60');
    const asked = request(world().app).options(path).set('Origin', 'https://anybody.example');
    const preflight = await asked.set('Access-Control-Request-Method', 'POST');
    expect(preflight.get('access-control-allow-origin')).to.equal('*');
    expect(preflight.get('access-control-allow-methods')).to.equal('GET');
    expect(preflight.get('access-control-allow-headers') ?? '').to.not.match(/authorization/i);
  });

  it('is the only route that any origin may read', async () => {
    const { app } = world();
    for (const other of [
      '/api/payment/health',
      '/api/payment/decentralized/receiver',
      `${path}/x`,
      `${path}urations`,
    ]) {
      const answer = await request(app).get(other).set('Origin', 'https://anybody.example');
      expect(answer.get('access-control-allow-origin'), other).to.equal(undefined);
    }
    const posted = await request(app).post('/api/payment/configuration').set('Origin', 'https://anybody.example');
    expect(posted.get('access-control-allow-origin')).to.equal(undefined);
  });

  it('narrows to a currency and refuses everything else in the query', async () => {
    const { app } = world();
    expect((await request(app).get(`${path}?currency=USDC`)).body.accept).to.have.length(2);
    expectProblem(await request(app).get(`${path}?purchaseRequestId=request-1`), 400, 'validation_failed');
  });

  it('is limited per address', async () => {
    const { app } = standIn({ settings: { rateLimits: { ...rateLimits, anonymousPerMinute: 1 } } });
    await request(app).get(path);
    expectProblem(await request(app).get(path), 429, 'rate_limited');
  });
});
