import { expect } from 'chai';
import { Redis } from 'ioredis';
import { io, type Socket } from 'socket.io-client';
import { eventually } from '../../support/eventually.ts';
import type { FaultStage } from '../support/faultStage.ts';
import { restartRedis } from '../support/restart.ts';
import type { Run, Scenario } from '../support/scenario.ts';
import { people } from '../support/stage.ts';
import { type OpenTrade, openTrade, settle, stepLimitMs, units, untilPayment } from '../support/trade.ts';

/** What happens to Redis while a whole trade runs, and what brings it back. */
type Outage = (
  stage: FaultStage,
  pid: number,
) => Promise<{ readonly proof: () => Promise<void>; readonly end: () => Promise<number> }>;

/** Does something with the stage's Redis, which may be the one that was started last. */
async function withRedis<T>(stage: FaultStage, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(stage.sandbox.info.redisUrl, { maxRetriesPerRequest: 3 });
  redis.on('error', () => undefined);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

const figureOf = async (redis: Redis, section: string, name: string) =>
  Number(new RegExp(`${name}(\\d+)`).exec(await redis.info(section))?.[1] ?? 0);
const connections = (stage: FaultStage) =>
  stage.links('redis').reduce((sum, link) => sum + link.traffic().connections, 0);
const replies = (stage: FaultStage) => stage.links('redis').reduce((sum, link) => sum + link.traffic().replies, 0);

/** Away until the end of the trade, then back with its data or without. */
const killed =
  (data: 'kept' | 'empty'): Outage =>
  async (stage, pid) => {
    const tried = connections(stage);
    process.kill(pid, 'SIGKILL');
    return {
      async proof() {
        expect(connections(stage), 'the servers tried to connect again').to.be.greaterThan(tried);
      },
      end: async () => (await restartRedis(stage, data)).program.pid,
    };
  };

const ballastKeys = 200;
const ballast = 'x'.repeat(10_000);

/** Memory for less than what is there: half of a ballast that only makes up for other clients' buffers. */
const fullMemory =
  (policy: 'noeviction' | 'allkeys-lru'): Outage =>
  async (stage, pid) => {
    const count = (redis: Redis) =>
      policy === 'noeviction'
        ? figureOf(redis, 'errorstats', 'errorstat_OOM:count=')
        : figureOf(redis, 'stats', 'evicted_keys:');
    const before = await withRedis(stage, async (redis) => {
      const counted = await count(redis);
      for (let key = 0; key < ballastKeys; key += 1) await redis.set(`ballast:${key}`, ballast);
      const used = await figureOf(redis, 'memory', 'used_memory:');
      await redis.config('SET', 'maxmemory-policy', policy);
      await redis.config('SET', 'maxmemory', String(used - (ballastKeys * ballast.length) / 2));
      return counted;
    });
    return {
      proof: () =>
        withRedis(stage, async (redis) => {
          expect(await count(redis), `${policy}: Redis had no memory`).to.be.greaterThan(before);
        }),
      end: () =>
        withRedis(stage, async (redis) => {
          await redis.config('SET', 'maxmemory', '0');
          await redis.config('SET', 'maxmemory-policy', 'noeviction');
          return pid;
        }),
    };
  };

const outages: Readonly<Record<string, Outage>> = {
  killed: killed('kept'),
  async SIGSTOP(stage, pid) {
    process.kill(pid, 'SIGSTOP');
    const answered = replies(stage);
    return {
      async proof() {
        // what was under way before it stopped may have arrived after
        expect(replies(stage) - answered, 'a stopped Redis answers nothing').to.be.at.most(inFlight);
      },
      async end() {
        process.kill(pid, 'SIGCONT');
        return pid;
      },
    };
  },
  async FLUSHALL(stage, pid) {
    let flushed = 0;
    const flush = () =>
      withRedis(stage, async (redis) => {
        flushed += await redis.dbsize();
        await redis.flushall();
      });
    await flush();
    const again = setInterval(() => void flush().catch(() => undefined), flushEveryMs);
    return {
      async proof() {
        expect(flushed, 'there was something to lose').to.be.greaterThan(0);
      },
      async end() {
        clearInterval(again);
        return pid;
      },
    };
  },
  'restarted empty': killed('empty'),
  evicting: fullMemory('allkeys-lru'),
  'out of memory': fullMemory('noeviction'),
};

const flushEveryMs = 300;
/** Replies that three servers may be sent in the moment of the signal. */
const inFlight = 20;

interface Told {
  readonly event: string;
  readonly paymentId: string;
  readonly seq: number;
}

/** A buyer's socket that notes what it is told and knows how to catch up. */
function listen(stage: FaultStage, server: number): { readonly socket: Socket; readonly told: Told[] } {
  const told: Told[] = [];
  const socket = io(String(stage.servers[server]?.url), {
    auth: { token: stage.token(people.buyer, 'buyer') },
    transports: ['websocket'],
  });
  socket.onAny((event: string, { paymentId, seq }: Partial<Told>) => {
    if (paymentId !== undefined && seq !== undefined) told.push({ event, paymentId, seq });
  });
  return { socket, told };
}

/** All steps after the last one that a socket was told of; page by page, as a client asks. */
async function catchUp(stage: FaultStage, paymentId: string, after: number): Promise<{ seq: number; type: string }[]> {
  const steps: { seq: number; type: string }[] = [];
  for (let next = after; ; ) {
    const answer = await stage.call('GET', `/api/payment/${paymentId}/events?after=${next}`, {
      token: stage.token(people.buyer, 'buyer'),
    });
    const page = answer.body.data as { seq: number; type: string }[];
    if (page.length === 0) return steps;
    steps.push(...page);
    next = Number(answer.body.nextAfter);
  }
}

async function tradeThrough(stage: FaultStage): Promise<OpenTrade> {
  const trade = await openTrade(stage);
  await stage.chain.pay(trade.payTo, units('100'));
  await untilPayment(stage, trade.paymentId, { status: 'completed', custody: 'contract' });
  expect((await settle(stage, trade.paymentId, 'release')).status).to.equal('released');
  await eventually(
    async () => {
      const answer = await stage.call('GET', `/api/requests/${trade.requestId}`, {
        token: stage.token(people.admin, 'admin'),
      });
      return answer.data.status === 'seller_paid';
    },
    { timeoutMs: stepLimitMs, what: 'the effects arrive' },
  );
  return trade;
}

/** A whole trade while Redis is away; afterwards every socket, on whichever server, knows as much as the log. */
async function tradeDuring(stage: FaultStage, name: string, pid: number): Promise<number> {
  const outage = outages[name];
  if (!outage) throw new Error(`no outage is called ${name}`);
  const listeners = stage.servers.map((_, server) => listen(stage, server));
  try {
    await eventually(() => listeners.every(({ socket }) => socket.connected), {
      timeoutMs: stepLimitMs,
      what: 'sockets connect',
    });
    const { proof, end } = await outage(stage, pid);
    let next = pid;
    let trade: OpenTrade;
    try {
      trade = await tradeThrough(stage);
      await proof();
    } finally {
      next = await end();
    }
    for (const { told } of listeners) await expectCaughtUp(stage, trade, told);
    // live events come through Redis again, from whichever server
    const reaches = await eventually(
      async () => {
        const { paymentId } = await openTrade(stage);
        return eventually(() => listeners.every(({ told }) => told.some((one) => one.paymentId === paymentId)), {
          timeoutMs: liveWithinMs,
          what: 'every socket hears of a new payment',
        });
      },
      { timeoutMs: stepLimitMs, what: `${name}: events reach every server again` },
    );
    expect(reaches).to.equal(true);
    return next;
  } finally {
    for (const { socket } of listeners) socket.disconnect();
  }
}

const liveWithinMs = 5_000;

async function expectCaughtUp(stage: FaultStage, { paymentId }: OpenTrade, told: readonly Told[]): Promise<void> {
  const heard = told.filter((one) => one.paymentId === paymentId).map(({ seq }) => seq);
  const last = Math.max(0, ...heard);
  // a client that heard out of order, or with holes, asks from before the first hole
  const firstHole = Array.from({ length: last }, (_, index) => index + 1).find((seq) => !heard.includes(seq));
  const from = firstHole === undefined ? last : firstHole - 1;
  const known = new Set([...heard, ...(await catchUp(stage, paymentId, from)).map(({ seq }) => seq)]);
  const tail = await stage.mongo
    .db()
    .collection('payments')
    .findOne({ _id: paymentId as never });
  const all = await catchUp(stage, paymentId, 0);
  expect([...known].sort((a, b) => a - b)).to.deep.equal(all.map(({ seq }) => seq));
  expect(all.at(-1)?.seq, 'up to the newest').to.be.at.least(Number(tail?.version));
  expect(all.map(({ type }) => type)).to.include.members(['payment_completed', 'payment_released']);
}

async function run(stage: FaultStage, run: Run): Promise<void> {
  let pid = stage.sandbox.redis?.program.pid;
  if (pid === undefined) throw new Error('the stage has a Redis of its own');
  const names = Object.keys(outages).slice(0, run.number('outages'));
  for (const name of names) {
    run.say(name);
    pid = await tradeDuring(stage, name, pid);
    expect(
      stage.servers.every((server) => server.isRunning()),
      `${name}: no server ended`,
    ).to.equal(true);
  }
  run.figure('outages', names.length);
  run.figure('trades released without Redis', names.length);
}

/** Redis is away, empty or full for a whole trade. */
export const redisAway: Scenario = {
  id: 'F8',
  title:
    'Redis killed, stopped, flushed, restarted empty, evicting and full: payments complete and release, effects arrive, sockets catch up by sequence',
  numbers: { outages: { full: Object.keys(outages).length, short: 1 } },
  run,
};
