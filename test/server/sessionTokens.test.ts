import { createHmac, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { AppError } from '../../server/errors.ts';
import { byIssuer, createSessionTokens } from '../../server/tokens/sessionTokens.ts';
import { createTokens } from '../../server/tokens.ts';
import { createTestClock } from '../support/clock.ts';

const secret = 'session secret of tests, long enough';
const theirSecret = 'marketplace secret of tests, long enough';
const issuer = 'urn:holdfast:sessions';
const clock = createTestClock();
const tokens = createSessionTokens({ secret, issuer, clock });
const theirs = createTokens({ secret: theirSecret, publicKey: '', issuer: 'holdfast', audience: 'holdfast' });
const verify = byIssuer(issuer, tokens.verify, theirs.verify);
const sessionId = '123e4567-e89b-12d3-a456-426614174000';
const anna = { userId: 'adm-1', role: 'admin', sessionId } as const;

const seconds = () => Math.floor(clock.now() / 1000);
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token made by hand, so that also forms exist that no library would make. */
function forge(claims: object = {}, header: object = {}, key: string = secret, hash = 'sha256'): string {
  const good = { iss: issuer, aud: 'urn:holdfast:api', sub: 'adm-1', role: 'admin', sid: sessionId };
  const text = `${part({ alg: 'HS256', typ: 'at+jwt', ...header })}.${part({ ...good, exp: seconds() + 60, ...claims })}`;
  return `${text}.${createHmac(hash, key).update(text).digest('base64url')}`;
}
function codeOf(token: string): string {
  try {
    return `accepted as ${JSON.stringify(verify(token))}`;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.code;
  }
}

describe('server: tokens of our own sessions', () => {
  it('verifies what it signs, by the clock it is given, for 15 minutes', () => {
    const { token, expiresAtMs } = tokens.sign({ ...anna, factorAtMs: clock.now() });
    expect(verify(token)).to.deep.equal({ ...anna, expiresAtMs, factorAtMs: seconds() * 1000 });
    expect(verify(forge())).to.include(anna);
    clock.advance(15 * 60_000 - 1);
    verify(token);
    clock.advance(1);
    expect(codeOf(token)).to.equal('not_authenticated');
  });

  const cases: Record<string, () => string> = {
    'the key of the marketplace': () => forge({}, {}, theirSecret),
    'no key': () => forge({}, {}, ''),
    'another algorithm with the right key': () => forge({}, { alg: 'HS512' }, secret, 'sha512'),
    'no algorithm': () => forge({}, { alg: 'none' }),
    'the type of the marketplace’s tokens': () => forge({}, { typ: 'JWT' }),
    'no type': () => forge({}, { typ: undefined }),
    'another audience': () => forge({ aud: 'holdfast' }),
    'a role that is not ours': () => forge({ role: 'buyer' }),
    'no session': () => forge({ sid: undefined }),
    'a session that is an object': () => forge({ sid: { $ne: '' } }),
    'a time that is over': () => forge({ exp: seconds() }),
    'no end': () => forge({ exp: undefined }),
    'our issuer on a token of theirs': () => forge({ iss: 'holdfast', aud: 'holdfast' }),
    'two issuers': () => forge({ iss: [issuer, 'holdfast'] }),
    'no issuer': () => forge({ iss: undefined }),
    'a body that is no JSON': () => `${part({ alg: 'HS256', typ: 'JWT' })}.bm90IGpzb24.x`,
    nothing: () => '',
  };
  for (const [what, token] of Object.entries(cases)) {
    it(`refuses ${what}`, () => expect(codeOf(token())).to.equal('not_authenticated'));
  }

  it('lets the marketplace make no session: its tokens carry none, whatever they claim', () => {
    const claims = {
      iss: 'holdfast',
      aud: 'holdfast',
      exp: Math.floor(Date.now() / 1000) + 60,
      factor_time: seconds(),
    };
    const token = forge(claims, { typ: 'JWT' }, theirSecret);
    expect(verify(token)).to.have.keys('userId', 'role', 'expiresAtMs');
  });

  it('signs and believes nothing without a secret, not even what an empty key signed', () => {
    const none = createSessionTokens({ secret: '', issuer, clock });
    expect(() => none.sign(anna)).to.throw(AppError, 'SESSION_SECRET');
    expect(() => none.verify(forge({}, {}, ''))).to.throw(AppError);
    expect(() => none.verify(forge())).to.throw(AppError);
  });

  it('refuses a token that a public key of the marketplace would have signed as a shared secret', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(codeOf(forge({}, {}, pem))).to.equal('not_authenticated');
  });
});
