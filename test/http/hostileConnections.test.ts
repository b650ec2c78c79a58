import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { createListener } from '../../server/http/listener.ts';
import { answersIn, dial, exchange, expectRefusal, listening, readAll } from './rawConnection.ts';
import { bearer, standIn } from './standIn.ts';

const crowd = 500;
const megabyte = 1_048_576;
const levels = 10_000;
const nested = `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** A request in bytes; the connection is asked to end behind it. */
function text(line: string, headers: Readonly<Record<string, string | number>>, body = ''): string {
  const all = { host: 'a', connection: 'close', ...headers };
  return [`${line} HTTP/1.1`, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`), '', body].join(
    '\r\n',
  );
}
const json = { 'content-type': 'application/json', authorization: bearer('buyer') };
const post = (body: string | Buffer, headers: Readonly<Record<string, string | number>> = {}) => [
  text('POST /api/requests', { ...json, 'content-length': Buffer.byteLength(body), ...headers }),
  body,
];

describe('hostile connections', () => {
  const { app, calls } = standIn();
  const hurried = createListener({ headersTimeout: 400, requestTimeout: 500, connectionsCheckingInterval: 50 });
  const usual = createListener();
  let [hurriedPort, port] = [0, 0];

  before(async () => {
    for (const server of [hurried, usual]) server.on('request', app);
    [hurriedPort, port] = await Promise.all([listening(hurried), listening(usual)]);
  });
  after(() => {
    for (const server of [hurried, usual]) {
      server.closeAllConnections();
      server.close();
    }
  });
  afterEach(async () => {
    const [alive] = await exchange(port, text('GET /livez', {}));
    expect(alive?.text).to.equal('{"status":"ok"}');
    expect(calls).to.deep.equal([]);
  });

  const beginnings = {
    'heads that never end': 'GET /livez HTTP/1.1\r\nhost: a\r\nx-slow: ',
    'bodies that never end': text('POST /api/requests', { ...json, 'content-length': 100 }, '{"title":'),
    'chunks that never end': text('POST /api/requests', { ...json, 'transfer-encoding': 'chunked' }, '5\r\n{"a"'),
  };
  it(`do not stop the probe by ${crowd} requests that never end, and each is told 408 and closed`, async () => {
    const sockets = await Promise.all(Array.from({ length: crowd }, () => dial(hurriedPort)));
    const ways = Object.values(beginnings);
    const endings = sockets.map((socket, index) => {
      socket.write(ways[index % ways.length] ?? '');
      return readAll(socket);
    });
    const [probe] = await exchange(hurriedPort, text('GET /livez', {}));
    expect(probe?.status).to.equal(200);
    for (const ending of await Promise.all(endings)) expectRefusal(answersIn(ending), 408, 'request_timeout');
  });

  it('are refused for a body of 10 MB by 413, also when its length is not said', async () => {
    const large = Buffer.alloc(10 * megabyte, 0x20);
    expectRefusal(await exchange(port, ...post(large)), 413, 'payload_too_large');
    const head = text('POST /api/requests', { ...json, 'transfer-encoding': 'chunked' });
    const chunked = [head, `${large.length.toString(16)}\r\n`, large, '\r\n0\r\n\r\n'];
    expectRefusal(await exchange(port, ...chunked), 413, 'payload_too_large');
  });

  it('are refused for a body of 10 MB that inflates from 10 kB, before it is inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(10 * megabyte, 0x20));
    expect(bomb.length).to.be.below(20_000);
    expectRefusal(await exchange(port, ...post(bomb, { 'content-encoding': 'gzip' })), 413, 'payload_too_large');
  });

  it('are refused for a header of 1 MB by 431', async () => {
    const head = text('GET /livez', { 'x-large': 'a'.repeat(megabyte) });
    expectRefusal(await exchange(port, head), 431, 'headers_too_large');
  });

  it('are refused for an address of 1 MB by 431', async () => {
    expectRefusal(await exchange(port, text(`GET /${'a'.repeat(megabyte)}`, {})), 431, 'headers_too_large');
  });

  const bodies: Readonly<Record<string, [string | Buffer, string]>> = {
    'a list 10,000 levels deep': [nested, 'validation_failed'],
    'a field 10,000 levels deep': [`{"title":${nested}}`, 'validation_failed'],
    'an object 10,000 levels deep': [`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`, 'validation_failed'],
    'invalid UTF-8': [
      Buffer.from([...Buffer.from('{"title":"'), 0xff, 0xc3, 0x28, ...Buffer.from('"}')]),
      'malformed_json',
    ],
    'an overlong slash': [
      Buffer.from([...Buffer.from('{"title":"'), 0xc0, 0xaf, ...Buffer.from('"}')]),
      'malformed_json',
    ],
    'half a surrogate in UTF-8': [
      Buffer.from([...Buffer.from('{"title":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]),
      'malformed_json',
    ],
    rubbish: ['%$&', 'malformed_json'],
  };
  for (const [what, [body, code]] of Object.entries(bodies)) {
    it(`are refused for a body with ${what} by 400`, async () => {
      expectRefusal(await exchange(port, ...post(body)), 400, code);
    });
  }

  it('are refused for metadata 10,000 levels deep by 400', async () => {
    const ids = { purchaseRequestId: 'request-1', sellerOfferId: 'offer-1', sellerId: 'seller-1', amount: '1' };
    const body = `${JSON.stringify(ids).slice(0, -1)},"metadata":{"a":${nested}}}`;
    const head = text('POST /api/payment/shkeeper/intents', { ...json, 'content-length': body.length });
    expectRefusal(await exchange(port, head, body), 400, 'validation_failed');
  });

  it('are refused for a body that says it is gzip and is not, by 400', async () => {
    expectRefusal(
      await exchange(port, ...post('{"title":"x"}', { 'content-encoding': 'gzip' })),
      400,
      'malformed_json',
    );
    const cut = gzipSync('{"title":"x"}').subarray(0, 15);
    expectRefusal(await exchange(port, ...post(cut, { 'content-encoding': 'gzip' })), 400, 'malformed_json');
  });

  it('are refused for JSON in another encoding than UTF-8 by 415', async () => {
    for (const charset of ['utf-16', 'utf-7', 'utf-32le', 'latin1']) {
      const headers = { 'content-type': `application/json; charset=${charset}` };
      expectRefusal(await exchange(port, ...post('{"title":"x"}', headers)), 415, 'unsupported_media_type');
    }
  });

  const targets: Readonly<Record<string, [string, number, string]>> = {
    'a query 10,000 levels deep': [`/api/payment?a${'[a]'.repeat(levels / 2)}=1`, 400, 'validation_failed'],
    'a query that is no UTF-8': ['/api/payment?q=%ff%c3%28', 400, 'validation_failed'],
    'a query with a cut escape': ['/api/payment?q=%e', 400, 'validation_failed'],
    'a path that is no UTF-8': ['/api/payment/%ff', 404, 'not_found'],
    'a path with a cut escape': ['/api/payment/%e', 404, 'not_found'],
    'a path with NUL': ['/api/payment/%00', 404, 'not_found'],
    'a path out of the tree': ['/api/payment/..%2f..%2fetc%2fpasswd', 404, 'not_found'],
    'a whole address of somebody else': ['http://other.example/api/payment/x', 404, 'not_found'],
    'a path that begins like a host': ['//other.example/api/payment', 404, 'not_found'],
  };
  for (const [what, [target, status, code]] of Object.entries(targets)) {
    it(`are refused for ${what} by ${status}`, async () => {
      expectRefusal(await exchange(port, text(`GET ${target}`, { authorization: bearer('buyer') })), status, code);
    });
  }

  const noRequests: Readonly<Record<string, string>> = {
    'raw bytes in the address': text('GET /api/payment/\xff\xfe', {}),
    rubbish: 'rubbish\r\n\r\n',
    'the greeting of TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'a method nobody knows': text('STEAL /api/payment', {}),
    'a length that is no number': text('POST /api/requests', { ...json, 'content-length': 'many' }, '{}'),
    'a negative length': text('POST /api/requests', { ...json, 'content-length': -1 }, '{}'),
    'two lengths': text('POST /api/requests', { ...json, 'content-length': 2, 'Content-Length': 20 }, '{}'),
    'a length and chunks': text(
      'POST /api/requests',
      { ...json, 'content-length': 2, 'transfer-encoding': 'chunked' },
      '0\r\n\r\n',
    ),
    'a chunk without a size': text('POST /api/requests', { ...json, 'transfer-encoding': 'chunked' }, 'zz\r\n'),
    'an encoding of transfer nobody knows': text('POST /api/requests', { ...json, 'transfer-encoding': 'gzip' }, '{}'),
    'NUL in a header': text('GET /livez', { 'x-a': 'b\0c' }),
    'a line that is no header': 'GET /livez HTTP/1.1\r\nhost: a\r\nno header\r\n\r\n',
  };
  for (const [what, bytes] of Object.entries(noRequests)) {
    it(`are refused for ${what} by 400`, async () => {
      expectRefusal(await exchange(port, Buffer.from(bytes, 'latin1')), 400, 'malformed_request');
    });
  }

  it('get nothing more than was asked for when the body is longer than its length', async () => {
    const answers = await exchange(
      port,
      text('POST /api/requests', { ...json, connection: 'keep-alive', 'content-length': 2 }, '{}{}{}'),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal([400, 400]);
    expect(answers.map(({ text: body }) => JSON.parse(body).code)).to.deep.equal([
      'validation_failed',
      'malformed_request',
    ]);
  });

  it('get the answer to their good request before the refusal of the rubbish behind it', async () => {
    const good = text('GET /readyz', { connection: 'keep-alive' });
    const answers = await exchange(port, `${good}${good}rubbish\r\n\r\n`);
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 400]);
    expect(answers[1]?.text).to.equal('{"status":"ready","checks":{}}');
  });

  it('that go away in the middle of a body disturb nobody', async () => {
    const sockets = await Promise.all(Array.from({ length: 50 }, () => dial(port)));
    for (const socket of sockets) {
      socket.write(beginnings['bodies that never end']);
      socket.on('error', () => undefined);
      socket.resetAndDestroy();
    }
  });
});
