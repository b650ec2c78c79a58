import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { createLogger } from '../../server/logger.ts';

/** The line one call writes. */
function written(fields: object, message = 'something happened', level = 'debug'): string {
  const lines: string[] = [];
  const logger = createLogger(level, { write: (line) => void lines.push(line) });
  logger.info(fields, message);
  expect(lines).to.have.length(1);
  return lines[0] ?? '';
}
const record = (fields: object) => JSON.parse(written(fields));
const canary = 'canary-7f3a9';
const address = `0x${'ab'.repeat(20)}`;

describe('server: logger', () => {
  it('writes one JSON line with ids, the message, the level and the time', () => {
    const line = written({ paymentId: 'p1', seq: 3, final: false, txHash: '0xabc', nothing: null }, 'a\nb');
    expect(line.trimEnd()).not.to.include('\n');
    expect(JSON.parse(line)).to.include({
      level: 30,
      msg: 'a\nb',
      paymentId: 'p1',
      seq: 3,
      final: false,
      nothing: null,
    });
    expect(JSON.parse(line)).to.include({ txHash: '0xabc' }).and.to.have.property('time');
  });

  it('keeps quiet below its level', () => {
    const lines: string[] = [];
    const logger = createLogger('warn', { write: (line) => void lines.push(line) });
    logger.debug({}, 'no');
    logger.info({}, 'no');
    logger.warn({}, 'yes');
    logger.error({}, 'yes');
    expect(lines.map((line) => JSON.parse(line).level)).to.deep.equal([40, 50]);
  });

  const names = [
    ...['authorization', 'Authorization', 'cookie', 'Set-Cookie', 'x-shkeeper-api-key', 'X-Shkeeper-Signature'],
    ...['apiKey', 'api_key', 'password', 'SHKEEPER_PAYOUT_PASSWORD', 'secret', 'JWT_SECRET', 'webhookSecret'],
    ...['privateKey', 'private_key', 'DEPAY_PRIVATE_KEY', 'mnemonic', 'token', 'accessToken', 'refresh_token'],
    ...['webhookKeys', 'signingKey', 'signature', 'signatures', 'passphrase', 'jwt', 'clientSecret'],
  ];
  for (const name of names) {
    it(`never writes what is called ${name}, at any depth`, () => {
      const line = written({
        [name]: canary,
        request: { headers: { [name]: canary }, list: [{ deep: { [name]: [canary] } }] },
        kept: new Map([['entry', { [name]: { inner: canary } }]]),
        config: { toJSON: () => ({ [name]: canary }) },
        error: Object.assign(new Error('x', { cause: Object.assign(new Error('y'), { [name]: canary }) }), {
          [name]: canary,
        }),
      });
      expect(line).not.to.include(canary);
      expect(line).to.include('[redacted]');
    });
  }

  it('never writes a secret that stands in a text', () => {
    const jwt = `eyJhbGciOiJIUzI1NiJ9.${canary}.${canary}`;
    const texts = [
      `mongodb://user:${canary}@db.example/holdfast`,
      `redis://:${canary}@cache.example:6379`,
      `Authorization: Bearer ${canary}`,
      `Basic ${canary}==`,
      `jwt ${jwt} expired`,
      `GET /x?apikey=${canary}&network=bsc`,
      `https://rpc.example/?access_token=${canary}`,
      `-----BEGIN EC PRIVATE KEY-----\n${canary}\n-----END EC PRIVATE KEY-----`,
      `-----BEGIN PRIVATE KEY-----\n${canary}`,
    ];
    for (const text of texts) {
      const error = new AppError('busy', text, { cause: new Error(text) });
      expect(written({ text, error, nested: [{ text }] }, text), text).not.to.include(canary);
    }
    expect(written({ url: texts[0] })).to.include('db.example/holdfast');
  });

  it('does not write the arguments of a failed Redis command', () => {
    const error = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: [canary] } });
    expect(written({ error })).to.include('WRONGPASS').and.not.to.include(canary);
  });

  it("keeps what only looks like a secret: coins under 'token', counts and flags", () => {
    expect(record({ token: 'USDT', tokenAddress: address, signatures: 2, passwordGiven: true })).to.include({
      ...{ token: 'USDT', tokenAddress: address, signatures: 2, passwordGiven: true },
    });
    expect(record({ token: address }).token).to.equal(address);
  });

  it('writes errors in full: type, code, message, stack and causes', () => {
    const cause = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    const error = new AppError('provider_failed', 'The provider does not answer.', { cause });
    for (const name of ['error', 'err', 'reason']) {
      const { [name]: told } = record({ [name]: error });
      expect(told).to.include({ type: 'AppError', code: 'provider_failed', message: 'The provider does not answer.' });
      expect(told.stack).to.include('logger.test.ts');
      expect(told.cause).to.include({ code: 'ECONNRESET', message: 'socket hang up' });
    }
    const several = new AggregateError([new Error('first'), new Error('second')], 'both');
    expect(record({ error: several }).error.errors.map((one: Error) => one.message)).to.deep.equal(['first', 'second']);
    expect(JSON.parse(written(new Error('bare'))).error.message).to.equal('bare');
  });

  it('writes whatever it is handed, however odd', () => {
    const circle: Record<string, unknown> = { name: 'circle', amount: 10n ** 30n, when: new Date(0) };
    circle.self = circle;
    const odd = { circle, bytes: Buffer.from(canary), call: () => 1, symbol: Symbol('s'), none: undefined };
    const line = written({ ...odd, long: 'x'.repeat(100_000), wide: Array.from({ length: 5_000 }, (_, n) => n) });
    expect(line.length).to.be.below(30_000);
    expect(line).to.include('1000000000000000000000000000000').and.to.include('1970-01-01T00:00:00.000Z');
    expect(line).to.include(`[${canary.length} bytes]`).and.not.to.include(canary);
  });

  it('survives an object whose properties cannot be read', () => {
    const hostile = Object.defineProperty({}, 'trap', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(written({ hostile })).to.include('something happened');
  });

  it('stays cheap on a tree that branches at every level', () => {
    const branch = (depth: number): object =>
      Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`k${n}`, depth === 0 ? n : branch(depth - 1)]));
    expect(written({ tree: branch(3) }).length).to.be.below(100_000);
  });
});
