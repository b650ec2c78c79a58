import { expect } from 'chai';
import { MemoryStore, type Store } from 'express-rate-limit';
import request from 'supertest';
import { signBody } from '../../server/providers/shkeeper/signature.ts';
import { nowMs, rateLimits, standIn, webhookKey } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const broken = (): Store => ({
  increment: async () => {
    throw new Error('away');
  },
  decrement: async () => undefined,
  resetKey: async () => undefined,
});

describe('limits of calls', () => {
  it('say in draft-8 headers what a budget is and what is left of it', async () => {
    const answer = await standIn().as('buyer').get('/api/payment');
    expect(answer.get('ratelimit-policy')).to.match(/^"read"; q=10000; w=60(; pk=:.+:)?$/);
    expect(answer.get('ratelimit')).to.match(/^"read"; r=9999; t=\d+$/);
    expect(answer.get('x-ratelimit-limit')).to.equal(undefined);
  });

  it('say when to go on after the last call of a budget', async () => {
    const { as } = standIn({ settings: { rateLimits: { ...rateLimits, readPerMinute: 1 } } });
    await as('buyer').get('/api/payment');
    const answer = await as('buyer').get('/api/payment');
    expectProblem(answer, 429, 'rate_limited');
    expect(Number(answer.get('retry-after'))).to.be.within(1, 60);
  });

  it('take an IPv6 network of a household as one address', async () => {
    const { app } = standIn({ settings: { trustProxy: 1, rateLimits: { ...rateLimits, anonymousPerMinute: 1 } } });
    const from = (address: string) => request(app).get('/').set('X-Forwarded-For', address);
    expect((await from('2001:db8:1:2200::1')).status).to.equal(200);
    expect((await from('2001:db8:1:22ff::7')).status).to.equal(429);
    expect((await from('2001:db8:1:2300::1')).status).to.equal(200);
  });

  it('keep their counts where they are told to, one store a budget', async () => {
    const stores: string[] = [];
    const limitStore = (budget: string) => {
      stores.push(budget);
      return new MemoryStore();
    };
    standIn({ deps: { limitStore } });
    expect(stores).to.include.members(['anonymous', 'read', 'hint', 'create', 'knock']);
  });

  it('let calls through when nothing can be counted at all', async () => {
    const { as } = standIn({ deps: { limitStore: broken } });
    expect((await as('buyer').get('/api/payment')).status).to.equal(200);
  });

  it('never stand before a webhook, whatever is used up or broken', async () => {
    const none = { anonymousPerMinute: 1, readPerMinute: 1, hintPerMinute: 1, createPerMinute: 1, moneyPerMinute: 1 };
    const { app } = standIn({
      settings: { rateLimits: none },
      deps: { limitStore: broken },
      commands: { recordReport: async () => 'accepted' as const },
    });
    const body = Buffer.from('{"external_id":"AMN_1","transactions":[]}');
    const seconds = nowMs / 1000;
    for (let n = 0; n < 5; n += 1) {
      const answer = await request(app)
        .post('/api/payment/shkeeper/webhook')
        .set('x-shkeeper-timestamp', String(seconds))
        .set('x-shkeeper-signature', signBody(webhookKey, seconds, body))
        .type('application/json')
        .send(body.toString());
      expect(answer.status).to.equal(202);
    }
  });

  it('bound signed calls that are refused, per address, and leave tokens alone', async () => {
    const knowServer = async () => {
      throw new Error('never asked');
    };
    const { app, as } = standIn({
      settings: { rateLimits: { ...rateLimits, anonymousPerMinute: 3 } },
      deps: { knowServer },
    });
    const knock = () => request(app).get('/api/payment').set('X-Api-Key', 'nonsense');
    for (let n = 0; n < 3; n += 1) expectProblem(await knock(), 401, 'invalid_signature');
    expectProblem(await knock(), 429, 'rate_limited');
    expect((await as('buyer').get('/api/payment')).status).to.equal(200);
  });
});
