import { connect } from 'node:net';
import { expect } from 'chai';
import type { Actor } from '../../server/ports.ts';
import { createBroadcast } from '../../server/realtime/broadcast.ts';
import { adminRoom, buyerRoom, requestRoom, sellerRoom } from '../../server/realtime/rooms.ts';
import { history, opened, paymentId } from '../domain/factories.ts';
import { eventually } from '../support/eventually.ts';
import { noMoreOpenThan, openHandles } from './openHandles.ts';
import {
  admin,
  auditor,
  buyer,
  caughtUp,
  hears,
  knock,
  type Listener,
  limitMs,
  listen,
  refusalOf,
  type SocketServer,
  seller,
  startSocketServer,
  stranger,
  tokens,
} from './socketWorld.ts';
import { transitionOf } from './transitions.ts';

const join = (listener: Listener, ...message: unknown[]) =>
  listener.socket.timeout(limitMs).emitWithAck('join-request', ...message);

describe('realtime: sockets of one process', () => {
  let server: SocketServer;
  const open: Listener[] = [];
  const enter = async (actor: Actor, auth: object = {}) => {
    const listener = await listen(server.url, actor, auth);
    open.push(listener);
    return listener;
  };
  before(async () => {
    server = await startSocketServer();
  });
  afterEach(() => {
    for (const { socket } of open.splice(0)) socket.disconnect();
  });
  after(() => server.close());

  const strangers: Record<string, object> = {
    'no token': {},
    'a token that is no text': { token: { $gt: '' } },
    'a bad token': { token: 'abc' },
    'a token far too long': { token: `${tokens.sign(buyer, 60)}${'x'.repeat(5000)}` },
    'an expired token': { token: tokens.sign(buyer, -1) },
  };
  for (const [what, auth] of Object.entries(strangers)) {
    it(`refuses ${what}`, async () => {
      expect(await refusalOf(knock(server.url, auth))).to.equal('not_authenticated');
    });
  }

  it('puts everybody into the rooms of his role and no other', async () => {
    const rooms = async (actor: Actor) => (await enter(actor)).rooms;
    expect(await rooms(buyer)).to.deep.equal(['marketplace', 'buyer:anna']);
    expect(await rooms(seller)).to.deep.equal(['marketplace', 'seller:sam']);
    expect(await rooms(admin)).to.deep.equal(['marketplace', 'admin']);
    expect(await rooms(auditor)).to.deep.equal(['marketplace', 'admin']);
  });

  it('tells a stranger that something happened and nothing else, parties everything, and each of them once', async () => {
    const [eve, anna, sam, ada] = await Promise.all(
      [
        stranger,
        { userId: 'buyer1', role: 'buyer' } as const,
        { userId: 'seller1', role: 'seller' } as const,
        admin,
      ].map((actor) => enter(actor)),
    );
    if (!eve || !anna || !sam || !ada) throw new Error('four came');
    await createBroadcast(server.emitter).publish('e-1', transitionOf(history(opened), 1), { name: 'payment.created' });
    await Promise.all([eve, anna, sam, ada].map(caughtUp));
    expect(hears(eve, 'payment-created').map(({ payload }) => payload)).to.deep.equal([
      { eventId: 'e-1', type: 'payment.created', paymentId },
    ]);
    for (const party of [anna, sam, ada]) {
      const payloads = hears(party, 'payment-created').map(({ payload }) => payload);
      expect(payloads).to.have.length(1);
      expect(payloads[0]).to.include({ eventId: 'e-1', seq: 1, status: 'pending', token: 'USDT' });
    }
  });

  it('keeps the rooms of others silent for a stranger, also when he asks to be let in', async () => {
    const eve = await enter(stranger);
    expect(await join(eve, { requestId: 'r1' })).to.deep.equal({ success: false, code: 'not_found' });
    for (const room of [requestRoom('r1'), buyerRoom('anna'), sellerRoom('sam'), sellerRoom('eve'), adminRoom]) {
      server.emitter().to([room]).emit('secret', { room });
    }
    await caughtUp(eve);
    expect(eve.heard.map(({ event }) => event)).to.deep.equal(['ready']);
  });

  for (const actor of [buyer, seller, admin, auditor]) {
    it(`lets the ${actor.role} of a request follow it`, async () => {
      const listener = await enter(actor);
      expect(await join(listener, { requestId: 'r1' })).to.deep.equal({ success: true });
      server
        .emitter()
        .to([requestRoom('r1')])
        .emit('news', {});
      await eventually(() => hears(listener, 'news').length === 1, { timeoutMs: limitMs, what: 'news' });
    });
  }

  it('lets a user hold ten sockets, not eleven, without limiting others', async () => {
    const hoarder: Actor = { userId: 'hoarder', role: 'buyer' };
    for (let n = 0; n < 10; n += 1) await enter(hoarder);
    const token = tokens.sign(hoarder, 60);
    expect(await refusalOf(knock(server.url, { token }))).to.equal('too_many_sockets');
    await enter(stranger);
    open[0]?.socket.disconnect();
    const returns = async () =>
      enter(hoarder).then(
        () => true,
        () => false,
      );
    await eventually(returns, { timeoutMs: limitMs, what: 'a place that was left is free' });
  });

  it('answers malformed joins and lives on', async () => {
    const anna = await enter(buyer);
    const malformed: unknown[] = [
      null,
      'r1',
      5,
      [],
      {},
      { requestId: 7 },
      { requestId: { $ne: '' } },
      { requestId: '' },
    ];
    malformed.push({ requestId: 'x'.repeat(65) }, { requestId: 'r1', room: 'admin' }, { requestId: 'admin' });
    const answers = await Promise.all(malformed.map((message) => join(anna, message)));
    expect(answers.map(({ success }) => success)).to.deep.equal(malformed.map(() => false));
    expect(await join(anna)).to.deep.equal({ success: false, code: 'validation_failed' });
    anna.socket.emit('join-request');
    anna.socket.emit('join-request', { requestId: 'r1' }, 'no function');
    anna.socket.emit('__proto__', { constructor: 1 });
    expect(await join(anna, { requestId: 'broken' })).to.deep.equal({ success: false, code: 'busy' });
    expect(await join(anna, { requestId: 'r1' })).to.deep.equal({ success: true });
  });

  it('cuts a client that sends more than 16 KB at once', async () => {
    const anna = await enter(buyer);
    anna.socket.emit('join-request', { requestId: 'r1', padding: 'x'.repeat(20_000) });
    await eventually(() => anna.socket.disconnected, { timeoutMs: limitMs, what: 'the client is cut' });
  });

  it('loses nothing when two clients share a user: both hear', async () => {
    const both = [await enter(seller), await enter(seller)];
    server
      .emitter()
      .to([sellerRoom('sam')])
      .emit('news', {});
    await Promise.all(both.map(caughtUp));
    expect(both.map((one) => hears(one, 'news').length)).to.deep.equal([1, 1]);
  });
});

describe('realtime: time', () => {
  it('allows 60 messages a minute, drops more, and allows them again in the next minute', async () => {
    let nowMs = Date.now();
    const server = await startSocketServer({ now: () => nowMs });
    const anna = await listen(server.url, buyer);
    const answers = await Promise.all(Array.from({ length: 62 }, () => join(anna, { requestId: 'r1' })));
    expect(answers.filter(({ success }) => success)).to.have.length(60);
    expect(answers.at(-1)).to.deep.equal({ success: false, code: 'rate_limited' });
    nowMs += 60_000;
    expect(await join(anna, { requestId: 'r1' })).to.deep.equal({ success: true });
    await server.close();
  });

  it('ends a socket when its token ends', async () => {
    const server = await startSocketServer({ now: () => Date.now() + 59_900 });
    const anna = await listen(server.url, buyer);
    await eventually(() => anna.ended.length > 0, { timeoutMs: limitMs, what: 'the socket ends' });
    expect(anna.ended).to.deep.equal(['io server disconnect']);
    await server.close();
  });

  it('does not end a socket at once whose token lives longer than a timer can', async () => {
    const server = await startSocketServer();
    const anna = await listen(server.url, buyer, { token: tokens.sign(buyer, 400 * 86_400) });
    await caughtUp(anna);
    expect(anna.socket.connected).to.equal(true);
    await server.close();
  });
});

describe('realtime: sessions taken up again', () => {
  let server: SocketServer;
  let skewMs = 0;
  before(async () => {
    server = await startSocketServer({ now: () => Date.now() + skewMs });
  });
  after(() => server.close());

  /** A buyer who heard one event, lost his connection, and missed a second one. */
  async function interrupted(): Promise<{ readonly pid: string; readonly offset: string }> {
    const anna = await listen(server.url, buyer);
    server
      .emitter()
      .to([buyerRoom('anna')])
      .emit('first', {});
    await eventually(() => hears(anna, 'first').length === 1, { timeoutMs: limitMs, what: 'the first event' });
    const { _pid: pid, _lastOffset: offset } = anna.socket as unknown as { _pid: string; _lastOffset: string };
    anna.socket.io.engine.close();
    await eventually(async () => (await server.connections()) === 0, {
      timeoutMs: limitMs,
      what: 'the server sees the loss',
    });
    server
      .emitter()
      .to([buyerRoom('anna')])
      .emit('missed', { canary: 'only for anna' });
    return { pid, offset };
  }

  it('gives the missed events to the same person', async () => {
    const anna = await listen(server.url, buyer, await interrupted());
    await caughtUp(anna);
    expect(hears(anna, 'missed')).to.have.length(1);
    anna.socket.disconnect();
  });

  it('refuses another person with the key of the session, and the same person without a valid token', async () => {
    expect(await refusalOf(knock(server.url, { token: tokens.sign(stranger, 60), ...(await interrupted()) }))).to.equal(
      'not_authenticated',
    );
    const asSeller = tokens.sign({ userId: 'anna', role: 'seller' }, 60);
    expect(await refusalOf(knock(server.url, { token: asSeller, ...(await interrupted()) }))).to.equal(
      'not_authenticated',
    );
    expect(await refusalOf(knock(server.url, { token: 'none', ...(await interrupted()) }))).to.equal(
      'not_authenticated',
    );
  });

  it('sends nothing of a session whose token has ended, not even before the refusal', async () => {
    const session = await interrupted();
    skewMs = 61_000;
    const socket = knock(server.url, { token: tokens.sign(buyer, -1), ...session });
    const wire: unknown[] = [];
    socket.io.on('open', () => socket.io.engine.on('data', (data: unknown) => wire.push(data)));
    expect(await refusalOf(socket)).to.equal('not_authenticated');
    expect(wire.join('\n')).to.include('not_authenticated').and.not.to.include('canary');
    skewMs = 0;
  });
});

describe('realtime: closing', () => {
  it('leaves nothing open, with and without an HTTP server, and twice is no fault', async () => {
    const before = await openHandles();
    const server = await startSocketServer();
    const anna = await listen(server.url, buyer);
    await server.close();
    await server.close();
    await eventually(() => anna.socket.disconnected && noMoreOpenThan(before), {
      timeoutMs: limitMs,
      what: 'all closed',
    });
  });

  it('does not wait for a frozen client', async () => {
    const before = await openHandles();
    const server = await startSocketServer();
    const frozen = connect(server.port, '127.0.0.1');
    frozen.on('error', () => undefined);
    frozen.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
    );
    await new Promise((resolve) => frozen.once('data', resolve));
    frozen.pause();
    const startedAt = performance.now();
    await server.close();
    expect(performance.now() - startedAt).to.be.below(5_000);
    frozen.destroy();
    await eventually(() => noMoreOpenThan(before), { timeoutMs: limitMs, what: 'all closed' });
  });
});
