import { expect } from 'chai';
import { Redis } from 'ioredis';
import { createReplayCache, type ReplayRedis } from '../../server/providers/identity/replayCache.ts';
import { services } from '../support/services.ts';

const away: ReplayRedis = { status: 'reconnecting', set: () => new Promise(() => {}) };

describe('the memory of signatures', () => {
  it('is shared by processes through Redis, and lasts 600 s', async () => {
    const redis = new Redis(services().redisUrl);
    try {
      await redis.ping();
      const [one, two] = [createReplayCache(redis, Date.now), createReplayCache(redis, Date.now)];
      const name = `test-${Date.now()}-${Math.random()}`;
      const first = await Promise.all([one.first(name), two.first(name)]);
      expect(first).to.have.members(['first', 'seen']);
      expect(await redis.ttl(`hf:replay:${name}`)).to.be.within(590, 600);
    } finally {
      redis.disconnect();
    }
  });

  it('says that it does not know when Redis is away, and still knows what this process has seen', async () => {
    const cache = createReplayCache(away, Date.now);
    expect(await cache.first('a')).to.equal('unknown');
    expect(await cache.first('a')).to.equal('seen');
  });

  it('waits for a Redis that hangs no longer than a call can', async () => {
    const cache = createReplayCache({ ...away, status: 'ready' }, Date.now);
    const begun = performance.now();
    expect(await cache.first('a')).to.equal('unknown');
    expect(performance.now() - begun).to.be.below(3_000);
  });

  it('forgets after the time in which a signature can be good, and never grows without end', async () => {
    let now = 0;
    const cache = createReplayCache(null, () => now);
    expect(await cache.first('a')).to.equal('unknown');
    now = 600_000;
    expect(await cache.first('a')).to.equal('unknown');
  });
});
