import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import { keyForToken } from '../../server/deps/tokens.ts';
import { AppError } from '../../server/errors.ts';
import { createPublishedKeys } from '../../server/providers/identity/jwks.ts';
import { createTokens } from '../../server/tokens.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const names = { issuer: 'https://shop.example', audience: 'holdfast' };
const published = (key: KeyObject, own: JsonWebKey & { kid?: string }) => ({
  ...key.export({ format: 'jwk' }),
  ...own,
});
const good = [
  published(rsa.publicKey, { kid: 'r1', use: 'sig' }),
  published(ec.publicKey, { kid: 'e1', alg: 'ES256' }),
];

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const json =
  (body: unknown, status = 200): Answer =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** A marketplace that publishes keys; what it answers, and the time, can be changed. */
async function stage(first: Answer) {
  const state = { answer: first, asked: 0, now: 1_000_000 };
  const http = createServer((request, response) => {
    state.asked += 1;
    state.answer(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/keys`;
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const keys = createPublishedKeys({ url, clock: { now: () => state.now }, logger });
  const tokens = createTokens({ secret: 'x'.repeat(40), publicKey: '', ...names, keyFor: keyForToken(keys) });
  const outcome = (token: string) => {
    try {
      return tokens.verify(token).userId;
    } catch (error) {
      if (error instanceof AppError) return error.code;
      throw error;
    }
  };
  const close = () => {
    http.closeAllConnections();
    return new Promise((resolve) => http.close(resolve));
  };
  return { state, keys, tokens, outcome, close };
}

interface Signing {
  readonly key: KeyObject | string;
  readonly algorithm: jwt.Algorithm;
  readonly keyid?: string;
}
const sign = ({ key, algorithm, keyid }: Signing, expiresIn = 60) =>
  jwt.sign({ role: 'buyer' }, key, { ...names, algorithm, expiresIn, subject: 'anna', ...(keyid ? { keyid } : {}) });
const byRsa: Signing = { key: rsa.privateKey, algorithm: 'RS256', keyid: 'r1' };

describe('tokens by published keys', () => {
  let opened: Awaited<ReturnType<typeof stage>>;
  beforeEach(async () => {
    opened = await stage(json({ keys: good }));
    await opened.keys.refresh();
  });
  afterEach(() => opened.close());

  it('knows a bearer by the key that his token names', () => {
    expect(opened.outcome(sign(byRsa))).to.equal('anna');
    expect(opened.outcome(sign({ key: ec.privateKey, algorithm: 'ES256', keyid: 'e1' }))).to.equal('anna');
    expect(opened.outcome(sign(byRsa, -1))).to.equal('not_authenticated');
    expect(() => opened.tokens.sign({ userId: 'a', role: 'buyer' }, 1)).to.throw('private key');
  });

  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const hmac = (key: string): Signing => ({ key, algorithm: 'HS256', keyid: 'r1' });
  const cases: Record<string, string> = {
    'no key id': sign({ key: rsa.privateKey, algorithm: 'RS256' }),
    'a key id that is not published': sign({ ...byRsa, keyid: 'r2' }),
    'the id of another key': sign({ ...byRsa, keyid: 'e1' }),
    'another algorithm of the same key': sign({ ...byRsa, algorithm: 'RS512' }),
    'the shared secret': sign(hmac('x'.repeat(40))),
    'no algorithm': `${Buffer.from('{"alg":"none","kid":"r1"}').toString('base64url')}.${sign(byRsa).split('.')[1]}.`,
    'an id that is a property of every object': sign({ ...byRsa, keyid: '__proto__' }),
    'no form at all': 'a.b.c',
  };
  for (const [what, token] of Object.entries(cases)) {
    it(`refuses a token with ${what}`, () => expect(opened.outcome(token)).to.equal('not_authenticated'));
  }

  it('refuses the public key itself as a shared secret', () => {
    const header = Buffer.from('{"alg":"HS256","typ":"JWT","kid":"r1"}').toString('base64url');
    const [, payload] = sign(hmac('y'.repeat(40))).split('.');
    const forged = jwt.sign(Buffer.from(payload ?? '', 'base64url').toString(), 'y'.repeat(40), { algorithm: 'HS256' });
    expect(opened.outcome(`${header}.${payload}.${forged.split('.')[2]}`)).to.equal('not_authenticated');
    expect(pem).to.include('PUBLIC KEY');
  });

  it('looks for an unknown key in the background, and not more often than each half minute', async () => {
    const { state, keys, outcome } = opened;
    const next = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const token = sign({ key: next.privateKey, algorithm: 'RS256', keyid: 'r2' });
    state.answer = json({ keys: [...good, published(next.publicKey, { kid: 'r2' })] });
    for (let n = 0; n < 50; n += 1) expect(outcome(token)).to.equal('not_authenticated');
    expect(state.asked).to.equal(1);
    state.now += 30_000;
    expect(outcome(token)).to.equal('not_authenticated');
    await keys.refresh();
    expect(outcome(token)).to.equal('anna');
    expect(state.asked).to.equal(2);
  });

  it('goes on with the keys of before while they cannot be read, and for a day at most', async () => {
    const { state, keys, outcome } = opened;
    state.answer = json({}, 500);
    await keys.refresh();
    expect(outcome(sign(byRsa))).to.equal('anna');
    state.now += 86_400_001;
    expect(outcome(sign(byRsa))).to.equal('not_authenticated');
  });

  it('drops a key that is published no more', async () => {
    opened.state.answer = json({ keys: good.slice(1) });
    await opened.keys.refresh();
    expect(opened.outcome(sign(byRsa))).to.equal('not_authenticated');
  });

  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
  const unusable: Record<string, Answer> = {
    'a secret key': json({ keys: [{ kty: 'oct', kid: 'r1', k: 'AAAA' }] }),
    'a private key': json({ keys: [published(rsa.privateKey, { kid: 'r1' })] }),
    'a key for encryption': json({ keys: [published(rsa.publicKey, { kid: 'r1', use: 'enc' })] }),
    'a key for another algorithm': json({ keys: [published(rsa.publicKey, { kid: 'r1', alg: 'RS512' })] }),
    'a weak key': json({ keys: [published(weak, { kid: 'r1' })] }),
    'another curve': json({ keys: [published(p384, { kid: 'e1' })] }),
    'too many keys': json({ keys: Array.from({ length: 33 }, () => good[0]) }),
    'no list': json({ keys: 'none' }),
    'no JSON': (_request, response) => response.end('<html>'),
    'a document without end': (_request, response) => response.end(`{"keys":[],"x":"${'x'.repeat(70_000)}"}`),
    'another address': (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  };
  for (const [what, answer] of Object.entries(unusable)) {
    it(`takes nothing from ${what}`, async () => {
      const fresh = await stage(answer);
      try {
        await fresh.keys.refresh();
        expect([fresh.keys.find('r1'), fresh.keys.find('e1')]).to.deep.equal([null, null]);
      } finally {
        await fresh.close();
      }
    });
  }
});
