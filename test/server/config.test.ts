import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { ConfigError, loadConfig, renderEnvExample, settings } from '../../server/config.ts';

const secret = 'canary-secret-of-forty-characters-00000';
const production = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://pay.example',
  MONGODB_URI: 'mongodb://db.example/holdfast?replicaSet=rs0',
  TERMS_ARCHIVE: '/srv/terms',
  JWT_SECRET: secret,
  ENCRYPTION_KEYS: `k1:${Buffer.from('canary-encryption-key-of-32-byte').toString('base64')}`,
  SESSION_SECRET: 'canary-session-secret-of-forty-characters',
  TRAIL_SIGNING_KEY: Buffer.from('canary-seed-of-the-trail-32-byte').toString('base64'),
  NETWORKS_FILE: '/srv/networks.json',
  SHKEEPER_URL: 'https://shkeeper.example',
  SHKEEPER_API_KEY: 'canary-api-key-of-a-test',
};

/** A private key, but none of Ed25519. */
const ellipticKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

const familyOf = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4');

function problems(environment: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) expect(error.message).to.include(problem);
    return error.problems;
  }
}
const named = (environment: Record<string, string | undefined>) =>
  problems(environment).map((problem) => /^[A-Z_]+/.exec(problem)?.[0]);

describe('server: config', () => {
  it('needs a JWT secret for development and nothing else', () => {
    expect(named({})).to.deep.equal(['JWT_SECRET']);
    const config = loadConfig({ JWT_SECRET: secret });
    expect(config).to.include({ NODE_ENV: 'development', PORT: 4000, HOST: '127.0.0.1', REDIS_URL: '', CRASH_AT: '' });
    expect(config).to.include({
      INTENT_TTL_MINUTES: 15,
      MONITORING_DAYS: 7,
      MARKETPLACE_FEE_BPS: 100,
      DELIVER_DAYS: 14,
    });
    expect(config).to.include({ SETTLEMENT_VALID_HOURS: 24, INSPECTION_DAYS: 3, DISPUTE_SELLER_BPS: 5000 });
    expect(config).to.include({ SHKEEPER_WEBHOOK_ACK_STATUS: 202, SHKEEPER_LEGACY_SIGNATURE: 'off' });
    expect(config.ROLES).to.deep.equal(['web', 'worker', 'monitor']);
    expect(config.ALLOWED_ORIGINS).to.deep.equal([]);
  });

  it('takes what is given, without the blanks around it', () => {
    const config = loadConfig({
      JWT_SECRET: secret,
      PORT: ' 0 ',
      ROLES: 'worker, monitor',
      ALLOWED_ORIGINS: 'https://a.example, http://localhost:5173,',
      SHKEEPER_WEBHOOK_SECRET: 'one, two',
      REDIS_URL: 'rediss://cache.example:6380',
      LOG_LEVEL: '  ',
    });
    expect(config).to.include({ PORT: 0, REDIS_URL: 'rediss://cache.example:6380', LOG_LEVEL: 'info' });
    expect(config.ROLES).to.deep.equal(['worker', 'monitor']);
    expect(config.ALLOWED_ORIGINS).to.deep.equal(['https://a.example', 'http://localhost:5173']);
    expect(config.SHKEEPER_WEBHOOK_SECRET).to.deep.equal(['one', 'two']);
  });

  it('names every problem at once, unreadable, unsafe and missing ones together', () => {
    const environment = { NODE_ENV: 'production', PORT: 'many', JWT_SECRET: 'short', PUBLIC_URL: 'http://pay.example' };
    expect(named({ ...environment, CRASH_AT: 'projected:1', MONITORING_DAYS: '13' })).to.have.members([
      ...['PORT', 'JWT_SECRET', 'MONITORING_DAYS', 'MONGODB_URI', 'TERMS_ARCHIVE', 'NETWORKS_FILE'],
      ...['SHKEEPER_URL', 'SHKEEPER_API_KEY', 'CRASH_AT', 'PUBLIC_URL', 'ENCRYPTION_KEYS', 'SESSION_SECRET'],
      'TRAIL_SIGNING_KEY',
    ]);
  });

  it('starts in production with everything real', () => {
    expect(loadConfig(production)).to.include({ NODE_ENV: 'production', PUBLIC_URL: 'https://pay.example' });
  });

  const missing = Object.keys(production).filter((name) => name !== 'NODE_ENV');
  for (const name of missing) {
    it(`refuses production without ${name}, also when it is blank`, () => {
      expect(named({ ...production, [name]: undefined })).to.deep.equal([name]);
      expect(named({ ...production, [name]: '  ' })).to.deep.equal([name]);
    });
  }

  const unsafe: Record<string, Record<string, string>> = {
    'a short secret': { JWT_SECRET: 'x'.repeat(31) },
    'a secret of one letter': { JWT_SECRET: 'a'.repeat(40) },
    'a provider key that can be guessed': { SHKEEPER_API_KEY: 'x' },
    'a metrics token that can be guessed': { METRICS_TOKEN: 'metrics' },
    'a webhook key that can be guessed': { SHKEEPER_WEBHOOK_SECRET: 'long-enough-and-different, y' },
    'a public url without TLS': { PUBLIC_URL: 'http://pay.example' },
    'a session secret of one letter': { SESSION_SECRET: 'a'.repeat(40) },
    'money routes without a second factor': { ADMIN_STEP_UP: 'off' },
    'the development routes': { DEVELOPMENT_ROUTES: 'on' },
    'published keys without TLS': { JWKS_URL: 'http://shop.example/keys' },
    'a crash point': { CRASH_AT: 'projected:1' },
  };
  for (const [what, settings] of Object.entries(unsafe)) {
    it(`refuses production with ${what}`, () => {
      expect(named({ ...production, ...settings })).to.deep.equal(Object.keys(settings));
    });
  }

  const wrong: readonly (readonly [name: string, values: readonly string[]])[] = [
    ['NODE_ENV', ['prod', 'Production']],
    ['PORT', ['-1', '65536', '0x10', '1e3', '80.5', 'NaN']],
    ['PUBLIC_URL', ['pay.example', 'ftp://pay.example', 'javascript:alert(1)']],
    ['ROLES', ['web,cook', ',']],
    ['ALLOWED_ORIGINS', ['*', 'https://a.example/', 'https://a.example/path', 'a.example', 'null']],
    ['LOG_LEVEL', ['loud']],
    ['MONGODB_URI', ['localhost:27017', 'http://db']],
    ['REDIS_URL', ['localhost:6379', 'redis://']],
    ['JWT_PUBLIC_KEY', ['not a key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----']],
    ['SHKEEPER_WEBHOOK_ACK_STATUS', ['199', '302', 'ok']],
    ['MAX_CONNECTIONS', ['0', '9', '1000001', 'many']],
    [
      'SHKEEPER_WEBHOOK_SOURCES',
      ['shop.example', '10.0.0', '10.0.0.0/33', '2001:db8::/129', '10.0.0.1-10.0.0.9', '10.0.0.1 10.0.0.2', '::1%lo'],
    ],
    ['SHKEEPER_LEGACY_SIGNATURE', ['on', 'true']],
    ['MARKETPLACE_FEE_BPS', ['1001', '-1', '1.5']],
    ['SETTLEMENT_VALID_HOURS', ['0', '721']],
    ['DELIVER_DAYS', ['367', '8']],
    ['INSPECTION_DAYS', ['91']],
    ['DISPUTE_SELLER_BPS', ['10001']],
    ['MARKETPLACE_ID', ['a:b', '']],
    [
      'ENCRYPTION_KEYS',
      ['k1', 'k1:short', ':AAAA', `k1:${'A'.repeat(43)},k1:${'B'.repeat(43)}`, `k:1:${'A'.repeat(43)}`],
    ],
    ['SESSION_SECRET', ['short']],
    ['TRAIL_SIGNING_KEY', ['short', 'A'.repeat(42), 'A'.repeat(45), ellipticKey]],
    ['JWT_ISSUER', ['urn:holdfast:sessions']],
    ['ADMIN_STEP_UP', ['on', 'no']],
    ['CRASH_AT', ['projected', 'projected:0', ':1']],
  ];
  for (const [name, values] of wrong) {
    for (const value of values.filter((text) => text !== '')) {
      it(`refuses ${name}=${JSON.stringify(value)}`, () => {
        const found = problems({ JWT_SECRET: secret, [name]: value });
        expect(found).to.have.length(1);
        expect(found[0]).to.include(name);
      });
    }
  }

  it('wants both halves of the payout credentials or none', () => {
    for (const half of ['SHKEEPER_PAYOUT_USER', 'SHKEEPER_PAYOUT_PASSWORD']) {
      expect(problems({ JWT_SECRET: secret, [half]: 'x' })).to.deep.equal([
        'SHKEEPER_PAYOUT_USER and SHKEEPER_PAYOUT_PASSWORD belong together: give both or none',
      ]);
    }
    expect(problems({ JWT_SECRET: secret, SHKEEPER_PAYOUT_USER: 'u', SHKEEPER_PAYOUT_PASSWORD: 'p' })).to.deep.equal(
      [],
    );
  });

  it('takes a public key instead of a secret, on one line as well, and never a private one', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const text = publicKey.export({ type: 'spki', format: 'pem' }).toString().trim();
    expect(loadConfig({ JWT_PUBLIC_KEY: text }).JWT_PUBLIC_KEY).to.equal(text);
    expect(loadConfig({ JWT_PUBLIC_KEY: text.replaceAll('\n', '\\n') }).JWT_PUBLIC_KEY).to.equal(text);
    expect(problems({ ...production, JWT_SECRET: undefined, JWT_PUBLIC_KEY: text })).to.deep.equal([]);
    const secretText = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(named({ JWT_PUBLIC_KEY: secretText })).to.deep.equal(['JWT_PUBLIC_KEY']);
  });

  it('takes the key of the trail as PEM, on one line as well, and as its seed', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const seed = privateKey.export({ format: 'jwk' }).d ?? '';
    for (const TRAIL_SIGNING_KEY of [pem, pem.trim().replaceAll('\n', '\\n'), seed]) {
      const read = loadConfig({ JWT_SECRET: secret, TRAIL_SIGNING_KEY }).TRAIL_SIGNING_KEY;
      expect(read?.export({ format: 'jwk' }).d).to.equal(seed);
    }
    expect(loadConfig({ JWT_SECRET: secret }).TRAIL_SIGNING_KEY).to.equal(null);
  });

  it('reads where webhooks may come from, as addresses and networks of both families', () => {
    const read = (text: string) =>
      loadConfig({ JWT_SECRET: secret, SHKEEPER_WEBHOOK_SOURCES: text }).SHKEEPER_WEBHOOK_SOURCES;
    const listed = read('203.0.113.7, 10.1.0.0/16,2001:db8::/48');
    const inside = ['203.0.113.7', '10.1.255.255', '2001:db8::1'].map((one) => listed?.check(one, familyOf(one)));
    expect(inside).to.deep.equal([true, true, true]);
    const outside = ['203.0.113.8', '10.2.0.0', '2001:db9::1'].map((one) => listed?.check(one, familyOf(one)));
    expect(outside).to.deep.equal([false, false, false]);
    expect(read('')).to.equal(null);
  });

  it('never repeats a secret in its complaints', () => {
    const all = Object.keys(settings).map((name) => [name, 'canary !']);
    const found = problems(Object.fromEntries(all));
    expect(found.length).to.be.above(10);
    expect(found.join('\n')).not.to.include('canary');
  });
});

describe('server: .env.example', () => {
  const lines = renderEnvExample().split('\n');

  it('has every variable once, with a line that says what it is for', () => {
    const variables = lines.filter((line) => /^[A-Z_]+=/.test(line)).map((line) => line.split('=')[0]);
    expect(variables).to.deep.equal(Object.keys(settings));
    for (const [name, { about }] of Object.entries(settings)) {
      const at = lines.findIndex((line) => line.startsWith(`${name}=`));
      expect(lines[at - 1])
        .to.include(about)
        .and.match(/^# /);
    }
  });

  it('gives no value for anything secret and none that production would take', () => {
    const secrets = lines.filter((line) => /SECRET|PASSWORD|API_KEY|PUBLIC_KEY/.test(line) && /^[A-Z_]+=/.test(line));
    expect(secrets.length).to.be.at.least(5);
    for (const line of secrets) expect(line).to.match(/=$/);
  });

  it('is an environment that only lacks the key', () => {
    const environment = Object.fromEntries(
      lines
        .filter((line) => /^[A-Z_]+=/.test(line))
        .map((line) => [line.replace(/=.*/, ''), line.replace(/^[^=]*=/, '')]),
    );
    expect(named(environment)).to.deep.equal(['JWT_SECRET']);
  });
});
