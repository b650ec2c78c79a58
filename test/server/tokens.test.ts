import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { createTokens, type Tokens } from '../../server/tokens.ts';

const secret = 'k'.repeat(40);
const names = { issuer: 'https://shop.example', audience: 'holdfast' };
const shared = createTokens({ secret, publicKey: '', ...names });
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const nowSeconds = Math.floor(Date.now() / 1000);
const good = { sub: 'anna', role: 'buyer', iss: names.issuer, aud: names.audience, exp: nowSeconds + 600 };
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
type Sign = (text: string) => Buffer;
const hmac =
  (key: string | Buffer, hash = 'sha256'): Sign =>
  (text) =>
    createHmac(hash, key).update(text).digest();
const rs256: Sign = (text) => sign('sha256', Buffer.from(text), rsa.privateKey);
const es256: Sign = (text) => sign('sha256', Buffer.from(text), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });

/** A token made by hand, so that also forms exist that no library would make. */
function forge(claims: object = {}, header: object = {}, by: Sign = hmac(secret)): string {
  const text = `${part({ alg: 'HS256', typ: 'JWT', ...header })}.${part({ ...good, ...claims })}`;
  return `${text}.${by(text).toString('base64url')}`;
}

function refusal(tokens: Tokens, token: string): string {
  try {
    return `accepted as ${JSON.stringify(tokens.verify(token))}`;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (token !== '') expect(error.message).not.to.include(token);
    return error.code;
  }
}

describe('server: tokens', () => {
  it('knows a bearer by his token, and until when', () => {
    expect(shared.verify(forge())).to.deep.equal({ userId: 'anna', role: 'buyer', expiresAtMs: good.exp * 1000 });
    for (const role of ['seller', 'admin', 'auditor']) expect(shared.verify(forge({ role })).role).to.equal(role);
    const names = ['a', 'A-z_9', 'x'.repeat(64)];
    for (const sub of names) expect(shared.verify(forge({ sub })).userId).to.equal(sub);
  });

  it('takes a second factor from `auth_time` and `amr` together, and from nothing else', () => {
    const at = nowSeconds - 60;
    for (const amr of [['mfa'], ['pwd', 'otp']])
      expect(shared.verify(forge({ auth_time: at, amr })).factorAtMs).to.equal(at * 1000);
    const none = [
      { auth_time: at },
      { amr: ['mfa'] },
      { auth_time: at, amr: ['pwd'] },
      { auth_time: at, amr: 'mfa' },
      { auth_time: String(at), amr: ['mfa'] },
      { auth_time: at, amr: [['mfa']] },
      { factor_time: at, sid: 'x', factorAtMs: at * 1000 },
    ];
    for (const claims of none) expect(shared.verify(forge(claims))).to.have.keys('userId', 'role', 'expiresAtMs');
  });

  it('signs what it verifies', () => {
    const token = shared.sign({ userId: 'sam', role: 'seller' }, 60);
    expect(shared.verify(token)).to.include({ userId: 'sam', role: 'seller' });
    expect(shared.verify(token).expiresAtMs).to.be.within(Date.now() + 58_000, Date.now() + 60_000);
  });

  const cases: Record<string, string> = {
    'no token at all': '',
    'no token': 'undefined',
    'alg none without a signature': `${forge({}, { alg: 'none' }, () => Buffer.alloc(0))}`,
    'alg None in another spelling': `${forge({}, { alg: 'nOnE' }, () => Buffer.alloc(0))}`,
    'another algorithm with the right secret': forge({}, { alg: 'HS512' }, hmac(secret, 'sha512')),
    'another secret': forge({}, {}, hmac('other'.repeat(8))),
    'no signature': forge().replace(/[^.]*$/, ''),
    'a changed body': forge().replace(/\.[^.]*\./, `.${part({ ...good, role: 'admin' })}.`),
    'a time that is over': forge({ exp: nowSeconds - 1 }),
    'no end': forge({ exp: undefined }),
    'an end in words': forge({ exp: 'tomorrow' }),
    'a time that is not yet': forge({ nbf: nowSeconds + 600 }),
    'another audience': forge({ aud: 'other' }),
    'no audience': forge({ aud: undefined }),
    'another issuer': forge({ iss: 'https://evil.example' }),
    'no issuer': forge({ iss: undefined }),
    'an unknown role': forge({ role: 'root' }),
    'several roles': forge({ role: ['buyer', 'admin'] }),
    'no role': forge({ role: undefined }),
    'no subject': forge({ sub: undefined }),
    'an empty subject': forge({ sub: '' }),
    'a subject with a colon': forge({ sub: 'anna:admin' }),
    'a subject with a line end': forge({ sub: 'anna\n' }),
    'a subject too long': forge({ sub: 'x'.repeat(65) }),
    'a subject that is an object': forge({ sub: { $ne: '' } }),
    'another type of token': forge({}, { typ: 'logout+jwt' }),
    'a body that is no object': `${part({ alg: 'HS256', typ: 'JWT' })}.${Buffer.from('"anna"').toString('base64url')}.x`,
  };
  for (const [what, token] of Object.entries(cases)) {
    it(`refuses ${what}`, () => expect(refusal(shared, token)).to.equal('not_authenticated'));
  }

  const keys = { RS256: { pair: rsa, by: rs256 }, ES256: { pair: ec, by: es256 } };
  for (const [alg, { pair, by }] of Object.entries(keys)) {
    const tokens = createTokens({ secret: '', publicKey: pem(pair.publicKey), ...names });

    it(`accepts ${alg} with its public key, and nothing signed with that key as a shared secret`, () => {
      expect(tokens.verify(forge({}, { alg }, by)).userId).to.equal('anna');
      expect(refusal(tokens, forge({ exp: nowSeconds - 1 }, { alg }, by))).to.equal('not_authenticated');
      expect(refusal(tokens, forge({}, {}, hmac(pem(pair.publicKey))))).to.equal('not_authenticated');
      expect(refusal(tokens, forge({}, {}, hmac('')))).to.equal('not_authenticated');
      expect(
        refusal(
          tokens,
          forge({}, { alg: 'none' }, () => Buffer.alloc(0)),
        ),
      ).to.equal('not_authenticated');
      expect(() => tokens.sign({ userId: 'sam', role: 'seller' }, 60)).to.throw('private key');
    });

    it(`prefers the ${alg} key where a secret is given as well`, () => {
      const both = createTokens({ secret, publicKey: pem(pair.publicKey), ...names });
      expect(refusal(both, forge())).to.equal('not_authenticated');
    });
  }

  it('refuses at the start a key no pinned algorithm fits', () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
    const ed = generateKeyPairSync('ed25519').publicKey;
    for (const key of [p384, ed]) {
      expect(() => createTokens({ secret: '', publicKey: pem(key), ...names })).to.throw('JWT_PUBLIC_KEY');
    }
  });
});
