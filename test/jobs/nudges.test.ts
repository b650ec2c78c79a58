import { Queue } from 'bullmq';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { createNudgeQueue, createNudgeWorker, type Nudge } from '../../server/jobs/nudges.ts';
import { noMoreOpenThan, openHandles } from '../realtime/openHandles.ts';
import { type OwnRedis, ownRedis } from '../realtime/ownRedis.ts';
import { silent } from '../realtime/socketWorld.ts';
import { eventually } from '../support/eventually.ts';

const limitMs = 15_000;
/** An orderly stop has to leave time for everything else within 10 s. */
const promptMs = 4_000;
const nudgeFor = (paymentId: string): Nudge => ({ kind: 'verify', paymentId });

/** A queue and a worker that writes down what reaches it and when. */
function pair(redisUrl: string, handle: (nudge: Nudge) => Promise<void> = async () => undefined) {
  const worked: { readonly nudge: Nudge; readonly atMs: number }[] = [];
  const queue = createNudgeQueue(redisUrl, silent);
  const worker = createNudgeWorker(redisUrl, async (nudge) => {
    worked.push({ nudge, atMs: performance.now() });
    await handle(nudge);
  });
  const came = (paymentId: string) => worked.filter(({ nudge }) => nudge.paymentId === paymentId);
  return {
    queue,
    came,
    /** Nudges until one arrives: a nudge is dropped while Redis is away. */
    async works(paymentId: string) {
      await eventually(
        () => {
          queue.nudge(nudgeFor(paymentId), 0);
          return came(paymentId).length > 0;
        },
        { timeoutMs: limitMs, what: `a nudge for ${paymentId} is worked` },
      );
    },
    close: () => Promise.all([queue.close(), worker.close()]),
  };
}

async function timed(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
}

describe('jobs: nudges', function () {
  this.timeout(60_000);
  let redis: OwnRedis;
  before(async () => {
    redis = await ownRedis();
  });
  after(() => redis.stop());

  it('brings a nudge to one worker of several, whole and once', async () => {
    const [first, second] = [pair(redis.url), pair(redis.url)];
    await Promise.all([first.works('warm-1'), second.works('warm-2')]);
    const all = Array.from({ length: 30 }, (_, n) => `p${n}`);
    for (const paymentId of all) first.queue.nudge({ kind: 'drivePayout', paymentId }, 0);
    const both = (paymentId: string) => [...first.came(paymentId), ...second.came(paymentId)];
    await eventually(() => all.every((paymentId) => both(paymentId).length > 0), { timeoutMs: limitMs, what: 'all' });
    expect(all.map((paymentId) => both(paymentId).map(({ nudge }) => nudge))).to.deep.equal(
      all.map((paymentId) => [{ kind: 'drivePayout', paymentId }]),
    );
    await Promise.all([first.close(), second.close()]);
  });

  it('keeps a delay, also one in fractions, and takes one in the past as now', async () => {
    const { queue, works, came, close } = pair(redis.url);
    await works('warm');
    const startedAt = performance.now();
    queue.nudge(nudgeFor('later'), 400.5);
    queue.nudge(nudgeFor('past'), -5_000);
    await eventually(() => came('past').length > 0, { timeoutMs: limitMs, what: 'the past one' });
    expect(came('later')).to.have.length(0);
    await eventually(() => came('later').length > 0, { timeoutMs: limitMs, what: 'the delayed one' });
    expect((came('later')[0]?.atMs ?? 0) - startedAt).to.be.within(395, 5_000);
    await close();
  });

  it('goes on after a nudge whose work fails', async () => {
    const { works, close } = pair(redis.url, async ({ paymentId }) => {
      if (paymentId === 'bad') throw new Error('the chain is away');
    });
    await works('bad');
    await works('good');
    await close();
  });

  it('waits for running work when it closes, after it let go of Redis', async () => {
    const watcher = new Redis(redis.url);
    const alone = async () =>
      String(await watcher.client('LIST'))
        .trim()
        .split('\n').length === 1;
    let finished = false;
    const { queue, came, works, close } = pair(redis.url, async ({ paymentId }) => {
      if (paymentId !== 'slow') return;
      await eventually(alone, { timeoutMs: limitMs, what: 'all connections but the watcher are gone' });
      finished = true;
    });
    await works('warm');
    queue.nudge(nudgeFor('slow'), 0);
    await eventually(() => came('slow').length === 1, { timeoutMs: limitMs, what: 'the slow one begins' });
    await close();
    expect(finished).to.equal(true);
    watcher.disconnect();
  });

  it('gives back every job when it closes, since one that is kept is taken over only half a minute later', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { queue, came, works, close } = pair(redis.url, ({ paymentId }) =>
      paymentId === 'held' ? gate : Promise.resolve(),
    );
    await works('warm');
    for (let n = 0; n < 20; n += 1) queue.nudge(nudgeFor('held'), 0);
    await eventually(() => came('held').length === 8, { timeoutMs: limitMs, what: 'all hands are full' });
    const closed = close();
    const watcher = new Redis(redis.url);
    await eventually(async () => (await watcher.llen('bull:nudges:active')) === 0, {
      timeoutMs: promptMs,
      what: 'no job is left in progress',
    });
    open();
    await closed;
    await watcher.flushall();
    watcher.disconnect();
  });

  it('does not wait without end for work that never finishes', async () => {
    const before = await openHandles();
    const { queue, came, works, close } = pair(redis.url, ({ paymentId }) =>
      paymentId === 'stuck' ? new Promise(() => undefined) : Promise.resolve(),
    );
    await works('warm');
    queue.nudge(nudgeFor('stuck'), 0);
    await eventually(() => came('stuck').length === 1, { timeoutMs: limitMs, what: 'the stuck one begins' });
    expect(await timed(close())).to.be.below(promptMs);
    await eventually(() => noMoreOpenThan(before), { timeoutMs: limitMs, what: 'nothing is left open' });
  });

  it('keeps few finished jobs, so that Redis does not grow with the trades', async () => {
    const { works, close } = pair(redis.url);
    await works('kept');
    await close();
    const queue = new Queue('nudges', { connection: { url: redis.url } });
    const [job] = await queue.getJobs(['completed']);
    expect(job?.opts).to.deep.include({ removeOnComplete: { age: 3600, count: 1000 } });
    expect(job?.opts).to.deep.include({ removeOnFail: { age: 86_400, count: 1000 } });
    await queue.close();
  });

  it('costs the caller nothing while Redis is dead or frozen, and works again afterwards', async () => {
    const { queue, works, close } = pair(redis.url);
    await works('before');
    await redis.kill();
    const startedAt = performance.now();
    for (let n = 0; n < 1_000; n += 1) queue.nudge(nudgeFor('lost'), 0);
    expect(performance.now() - startedAt).to.be.below(500);
    await redis.start();
    await works('after the death');
    redis.freeze();
    for (let n = 0; n < 3_000; n += 1) queue.nudge(nudgeFor('perhaps lost'), 0);
    redis.thaw();
    await works('after the frost');
    await close();
  });
});

describe('jobs: starting and stopping without Redis', function () {
  this.timeout(60_000);

  it('starts while Redis is away, says so once, and works when Redis comes', async () => {
    const redis = await ownRedis({ running: false });
    const warnings: string[] = [];
    const logger = { ...silent, warn: (_fields: object, message: string) => void warnings.push(message) };
    const lonely = createNudgeQueue(redis.url, logger);
    const { queue, works, close } = pair(redis.url);
    queue.nudge(nudgeFor('dropped'), 0);
    await eventually(() => warnings.length > 0, { timeoutMs: limitMs, what: 'a warning' });
    await redis.start();
    await works('at last');
    expect(warnings).to.have.length(1);
    await Promise.all([close(), lonely.close()]);
    await redis.stop();
  });

  for (const state of ['answers', 'never came', 'died', 'is frozen'] as const) {
    it(`closes promptly and leaves nothing open while Redis ${state}`, async () => {
      const before = await openHandles();
      const redis = await ownRedis({ running: state !== 'never came' });
      const { works, close } = pair(redis.url);
      if (state !== 'never came') await works('before');
      if (state === 'died') await redis.kill();
      if (state === 'is frozen') redis.freeze();
      expect(await timed(close())).to.be.below(promptMs);
      await redis.stop();
      await eventually(() => noMoreOpenThan(before), { timeoutMs: limitMs, what: 'nothing is left open' });
    });
  }
});
