import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import type { TrailEvent } from '../../server/domain/auditTrail.ts';
import { answersIn, dial, listening, readAll } from './rawConnection.ts';
import { bearer, standIn } from './standIn.ts';

const order = JSON.stringify({
  ...{ purchaseRequestId: 'r1', sellerOfferId: 'o1', buyerId: 'b', sellerId: 's', amount: '1' },
  recipientAddress: `0x${'4'.repeat(40)}`,
});
const text = (line: string, headers: Readonly<Record<string, string | number>> = {}, body = '') => {
  const lines = Object.entries({ host: 'a', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [`${line} HTTP/1.1`, ...lines, '', body].join('\r\n');
};
const reading = text('GET /api/requests', { authorization: bearer('admin') });
const paying = text(
  'POST /api/payment/shkeeper/payout',
  { authorization: bearer('admin'), 'content-type': 'application/json', 'content-length': order.length },
  order,
);

describe('calls that come behind one another on a connection', () => {
  const events: TrailEvent[] = [];
  let server: Server;
  let port = 0;
  let socket: Socket;
  let calls: readonly { readonly command: string }[] = [];
  let answerFirst = () => {};

  /** The first call waits until it is let go; what follows would be done at once. */
  beforeEach(async () => {
    events.length = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    answerFirst = resolve;
    const sessions = [promise];
    const world = standIn({
      commands: { paySeller: async () => ({ payoutId: 'b'.repeat(24), taskId: 'p-7-0', status: 'requested' }) },
      deps: {
        trail: async (event) => void events.push(event),
        verifyToken: () => ({ userId: 'adm-1', role: 'admin', sessionId: 's-1' }),
        demandOpenSession: async () => sessions.pop(),
      },
    });
    calls = world.calls;
    server = createServer(world.app);
    port = await listening(server);
    socket = await dial(port);
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  /** Whatever the server would do by now it has done. */
  const settle = async () => {
    for (let n = 0; n < 3; n += 1) await fetch(`http://127.0.0.1:${port}/livez`, { headers: { connection: 'close' } });
  };

  it('begin when the one before is answered, and are answered in their order', async () => {
    socket.write(reading + paying + text('GET /livez', { connection: 'close' }));
    await settle();
    expect(calls).to.deep.equal([]);
    const read = readAll(socket);
    answerFirst();
    const answers = answersIn(await read);
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    expect(answers[2]?.text).to.equal('{"status":"ok"}');
    expect(events.map(({ actor, outcome }) => [actor, outcome])).to.deep.equal([['adm-1', '200']]);
  });

  it('never begin when the caller leaves before: no change is without its record', async () => {
    socket.write(reading + paying);
    await settle();
    socket.resetAndDestroy();
    await settle();
    answerFirst();
    await settle();
    expect(calls.map(({ command }) => command)).to.deep.equal([]);
    expect(events).to.deep.equal([]);
  });

  it('do not begin for whom nobody can say the address of, since he is gone', async () => {
    server.prependListener('request', (request) =>
      Object.defineProperty(request.socket, 'remoteAddress', { value: undefined }),
    );
    const read = readAll(socket);
    socket.write(paying);
    expect(await read).to.equal('');
    expect(calls).to.deep.equal([]);
  });

  it('wait in their order up to ten', async () => {
    socket.write(reading + text('GET /livez').repeat(9) + text('GET /livez', { connection: 'close' }));
    await settle();
    const read = readAll(socket);
    answerFirst();
    expect(answersIn(await read)).to.have.length(11);
  });

  it('are no more than ten: who sends more behind an unanswered call is cut', async () => {
    const read = readAll(socket);
    socket.write(reading + text('GET /livez').repeat(11));
    expect(await read).to.equal('');
  });
});
