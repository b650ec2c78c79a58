import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { noMoreOpenThan, openHandles } from './openHandles.ts';
import { type OwnRedis, ownRedis } from './ownRedis.ts';
import {
  admin,
  buyer,
  caughtUp,
  emitUntilHeard,
  hears,
  type Listener,
  limitMs,
  listen,
  type SocketServer,
  seller,
  startSocketServer,
} from './socketWorld.ts';

/** How long an emit may take to reach a socket of the same process while Redis does not answer (it waits 500 ms for Redis). */
const localMs = 2_000;

async function hearsLocally(server: SocketServer, listener: Listener, event: string): Promise<void> {
  const startedAt = performance.now();
  server.emitter().to(['admin']).emit(event, { event });
  await eventually(() => hears(listener, event).length === 1, { timeoutMs: limitMs, what: `${event} arrives` });
  expect(performance.now() - startedAt).to.be.below(localMs);
}

describe('realtime: two processes over Redis', function () {
  this.timeout(60_000);
  let redis: OwnRedis;
  let servers: [SocketServer, SocketServer];
  const open: Listener[] = [];
  before(async () => {
    redis = await ownRedis();
    servers = [await startSocketServer({ redisUrl: redis.url }), await startSocketServer({ redisUrl: redis.url })];
  });
  after(async () => {
    for (const { socket } of open) socket.disconnect();
    await Promise.all(servers.map((server) => server.close()));
    await redis.stop();
  });
  const enter = async (server: SocketServer, actor = admin, auth: object = {}) => {
    const listener = await listen(server.url, actor, auth);
    open.push(listener);
    return listener;
  };

  it('brings an event of one to the sockets of the other, once, in order, and only to its rooms', async () => {
    const [here, there] = servers;
    const [near, far, other] = [await enter(here), await enter(there), await enter(there, seller)];
    await emitUntilHeard(here, 'admin', far);
    for (let n = 0; n < 20; n += 1) here.emitter().to(['admin']).except(['nobody']).emit('count', { n });
    await eventually(() => hears(far, 'count').length >= 20, { timeoutMs: limitMs, what: 'all arrive' });
    await Promise.all([near, far, other].map(caughtUp));
    const numbers = (listener: Listener) => hears(listener, 'count').map(({ payload }) => payload.n);
    expect(numbers(far)).to.deep.equal(Array.from({ length: 20 }, (_, n) => n));
    expect(numbers(near)).to.deep.equal(numbers(far));
    expect(numbers(other)).to.deep.equal([]);
  });

  it('takes a session up in another process with what was missed', async () => {
    const [here, there] = servers;
    const anna = await enter(here, buyer);
    await emitUntilHeard(here, 'buyer:anna', anna);
    const { _pid: pid, _lastOffset: offset } = anna.socket as unknown as { _pid: string; _lastOffset: string };
    anna.socket.io.engine.close();
    there.emitter().to(['buyer:anna']).emit('missed', {});
    const again = await eventually(
      async () => {
        const next = await enter(there, buyer, { pid, offset });
        await caughtUp(next);
        return hears(next, 'missed').length > 0 ? next : null;
      },
      { timeoutMs: limitMs, what: 'the session is found' },
    );
    expect(hears(again, 'missed')).to.have.length(1);
  });

  it('reaches its own sockets at once while Redis is dead, lets people come and go, and the other process again afterwards', async () => {
    const [here, there] = servers;
    const [near, far] = [await enter(here), await enter(there)];
    await emitUntilHeard(here, 'admin', far);
    await redis.kill();
    await hearsLocally(here, near, 'first-without');
    await hearsLocally(here, near, 'second-without');
    const goer = await enter(here, buyer);
    const { _pid: pid } = goer.socket as unknown as { _pid: string };
    goer.socket.io.engine.close();
    await caughtUp(await enter(here, buyer, { pid, offset: '1-1' }));
    await redis.start();
    far.heard.length = 0;
    await emitUntilHeard(here, 'admin', far);
    near.heard.length = 0;
    await emitUntilHeard(there, 'admin', near);
  });

  it('reaches its own sockets within a moment while Redis is frozen', async () => {
    const [here, there] = servers;
    const [near, far] = [await enter(here), await enter(there)];
    await emitUntilHeard(here, 'admin', far);
    redis.freeze();
    await hearsLocally(here, near, 'frozen-one');
    await hearsLocally(here, near, 'frozen-two');
    redis.thaw();
    far.heard.length = 0;
    await emitUntilHeard(here, 'admin', far);
  });
});

describe('realtime: starting and stopping without Redis', function () {
  this.timeout(60_000);

  it('starts while Redis is away, serves its own sockets, and finds Redis when it comes', async () => {
    const redis = await ownRedis({ running: false });
    const [here, there] = [
      await startSocketServer({ redisUrl: redis.url }),
      await startSocketServer({ redisUrl: redis.url }),
    ];
    const [near, far] = [await listen(here.url, admin), await listen(there.url, admin)];
    await hearsLocally(here, near, 'alone');
    expect(hears(far, 'alone')).to.have.length(0);
    await redis.start();
    await emitUntilHeard(here, 'admin', far);
    await Promise.all([here.close(), there.close()]);
    await redis.stop();
  });

  for (const state of ['answers', 'never came', 'died', 'is frozen'] as const) {
    it(`closes promptly and leaves nothing open while Redis ${state}`, async () => {
      const before = await openHandles();
      const redis = await ownRedis({ running: state !== 'never came' });
      const server = await startSocketServer({ redisUrl: redis.url });
      const listener = await listen(server.url, admin);
      if (state !== 'never came') await emitUntilHeard(server, 'admin', listener);
      if (state === 'died') await redis.kill();
      if (state === 'is frozen') redis.freeze();
      const startedAt = performance.now();
      await server.close();
      expect(performance.now() - startedAt).to.be.below(3_000);
      await redis.stop();
      await eventually(() => noMoreOpenThan(before), { timeoutMs: limitMs, what: 'all connections and timers end' });
    });
  }

  it('only emits in a process without sockets', async () => {
    const redis = await ownRedis();
    const before = await openHandles();
    const web = await startSocketServer({ redisUrl: redis.url });
    const worker = await startSocketServer({ redisUrl: redis.url, web: false });
    const listener = await listen(web.url, admin);
    await emitUntilHeard(worker, 'admin', listener);
    await Promise.all([web.close(), worker.close()]);
    await eventually(() => noMoreOpenThan(before), { timeoutMs: limitMs, what: 'all connections and timers end' });
    await redis.stop();
  });
});
