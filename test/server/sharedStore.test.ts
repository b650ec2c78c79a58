import { expect } from 'chai';
import express from 'express';
import { type Options, rateLimit } from 'express-rate-limit';
import { Redis } from 'ioredis';
import request from 'supertest';
import { createSharedStore, type LimitRedis } from '../../server/providers/limits/sharedStore.ts';
import { eventually } from '../support/eventually.ts';
import { services } from '../support/services.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const options = { windowMs: 60_000 } as Options;
const budget = () => `test-${Date.now()}-${Math.random()}`;

function storeOn(redis: LimitRedis | null, name: string, now = Date.now) {
  const store = createSharedStore(name, { redis, clock: { now }, logger: silent });
  store.init(options);
  return store;
}
const hits = async (store: ReturnType<typeof storeOn>, key = 'anna') => (await store.increment(key)).totalHits;

describe('budgets of all processes together', () => {
  it('are counted in Redis, by each budget for itself, and end with their minute', async () => {
    const redis = new Redis(services().redisUrl);
    try {
      await redis.ping();
      const name = budget();
      const [one, two] = [storeOn(redis, name), storeOn(redis, name)];
      const counts = await Promise.all(Array.from({ length: 20 }, (_, n) => hits(n % 2 === 0 ? one : two)));
      expect(counts.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, n) => n + 1));
      expect(await hits(storeOn(redis, budget()))).to.equal(1);
      expect(await redis.pttl(`hf:limit:${name}:anna`)).to.be.within(1, 60_000);
      await one.decrement('anna');
      expect(await hits(two)).to.equal(20);
    } finally {
      redis.disconnect();
    }
  });

  it('are counted by the process alone while Redis is away, so that they always end somewhere', async () => {
    const away: LimitRedis = { status: 'reconnecting', call: () => new Promise(() => {}) };
    const app = express();
    app.use(rateLimit({ windowMs: 60_000, limit: 3, store: storeOn(away, budget()), validate: false }));
    app.get('/', (_request, response) => void response.json({}));
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await request(app).get('/')).status);
    expect(statuses).to.deep.equal([200, 200, 200, 429, 429]);
  });

  it('wait for a Redis that hangs once, and not for each call', async () => {
    let asked = 0;
    const hanging: LimitRedis = {
      status: 'ready',
      call: () => {
        asked += 1;
        return new Promise(() => {});
      },
    };
    let now = 0;
    const store = storeOn(hanging, budget(), () => now);
    const first = await hits(store);
    const before = asked;
    for (let n = 2; n < 50; n += 1) expect(await hits(store)).to.equal(n);
    expect([first, asked]).to.deep.equal([1, before]);
    now = 5_000;
    expect(await hits(store)).to.equal(50);
    expect(asked).to.be.above(before);
  });

  it('go back to Redis when it is there again, also when its scripts are gone', async () => {
    const redis = new Redis(services().redisUrl, { lazyConnect: true });
    try {
      const name = budget();
      let now = 0;
      const store = storeOn(redis, name, () => now);
      expect(await hits(store)).to.equal(1);
      await redis.connect();
      await redis.ping();
      now = 10_000;
      expect(await hits(store)).to.equal(1);
      await redis.script('FLUSH');
      const counted = await eventually(
        async () => {
          now += 10_000;
          return (await hits(store)) >= 2 ? true : null;
        },
        { timeoutMs: 10_000, what: 'a second count in Redis' },
      );
      expect(counted).to.equal(true);
      expect(Number(await redis.get(`hf:limit:${name}:anna`))).to.be.at.least(2);
    } finally {
      redis.disconnect();
    }
  });
});
