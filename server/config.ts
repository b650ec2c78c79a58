import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { connectionSettings, webhookSettings } from './config/connections.ts';
import { developmentSettings, developmentUnfit } from './config/development.ts';
import { identitySettings, unfitIdentity, unsafeIdentity } from './config/identity.ts';
import { jwksSettings, unfitJwks } from './config/jwks.ts';
import { payoutSettings } from './config/payouts.ts';
import { list, type Setting, setting, text, url, whole } from './config/setting.ts';
import { trailSettings } from './config/trail.ts';

const isOrigin = (value: string) => URL.canParse(value) && new URL(value).origin === value;
const origins = list.pipe(
  z.array(z.string().refine(isOrigin, 'must be exact origins as browsers send them, e.g. https://shop.example')),
);

function isPublicKey(pem: string): boolean {
  try {
    return !pem.includes('PRIVATE KEY') && createPublicKey(pem).type === 'public';
  } catch {
    return false;
  }
}
/** A PEM text; one-line environments write its line ends as `\n`. */
const publicKey = text
  .transform((value) => value.replaceAll('\\n', '\n'))
  .refine((value) => value === '' || isPublicKey(value), 'must be a PEM public key')
  .default('');

const roleNames = ['web', 'worker', 'monitor'] as const;
export type ProcessRole = (typeof roleNames)[number];
const roles = text
  .default(roleNames.join(','))
  .transform((value) => value.split(',').map((item) => item.trim()))
  .pipe(z.array(z.enum(roleNames)).min(1));

const production = { required: 'production' } as const;
const secret = { required: 'production', secret: true } as const;

/** Every variable the server reads; `.env.example` is generated from this table. */
export const settings = {
  NODE_ENV: setting(
    'server',
    'production refuses to start with anything missing or unsafe',
    z.enum(['development', 'test', 'production']).default('development'),
  ),
  PORT: setting('server', 'port of the HTTP and Socket.IO server', whole(0, 65_535, 4000)),
  HOST: setting('server', 'address to listen on', text.default('127.0.0.1')),
  PUBLIC_URL: setting(
    'server',
    'where the world reaches this server; part of every callback url, so change it rarely',
    url(/^https?$/).default('http://127.0.0.1:4000'),
    production,
  ),
  ROLES: setting('server', 'what this process does: any of web,worker,monitor', roles),
  ALLOWED_ORIGINS: setting(
    'server',
    'exact origins of browsers that may call HTTP and sockets, comma-separated',
    origins,
  ),
  TRUST_PROXY: setting('server', 'number of trusted reverse proxies in front', whole(0, 10, 0)),
  RATE_LIMIT_PER_MINUTE: setting(
    'server',
    'requests a minute: of an address on routes that anybody can call, of a user on those that read; a tenth of it on those that open or look',
    whole(1, 1_000_000, 600),
  ),
  ...connectionSettings,
  LOG_LEVEL: setting(
    'server',
    'pino level',
    z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  ),
  METRICS_TOKEN: setting(
    'server',
    'bearer token of whoever scrapes GET /metrics; without it production has no such route',
    text.default(''),
    { secret: true },
  ),
  MONGODB_URI: setting(
    'stores',
    'MongoDB replica set',
    text
      .regex(/^mongodb(\+srv)?:\/\/./, 'must start with mongodb:// or mongodb+srv://')
      .default('mongodb://127.0.0.1:27017/holdfast?replicaSet=rs0'),
    production,
  ),
  REDIS_URL: setting(
    'stores',
    'Redis; empty works too, only slower',
    text.regex(/^(rediss?:\/\/.|$)/, 'must start with redis:// or rediss://').default(''),
  ),
  TERMS_ARCHIVE: setting(
    'stores',
    "folder outside the database where every payment's terms are kept",
    text.default('.holdfast/terms'),
    production,
  ),
  JWT_SECRET: setting('access', 'HS256 secret of at least 32 characters (or give JWT_PUBLIC_KEY)', text.default(''), {
    secret: true,
  }),
  JWT_PUBLIC_KEY: setting('access', 'PEM public key (RS256 or ES256), instead of JWT_SECRET', publicKey),
  ...jwksSettings,
  JWT_ISSUER: setting('access', 'required `iss`', text.default('holdfast')),
  JWT_AUDIENCE: setting('access', 'required `aud`', text.default('holdfast')),
  ...identitySettings,
  ...trailSettings,
  NETWORKS_FILE: setting(
    'chain',
    'JSON file of networks, tokens, RPC nodes, finality and escrow addresses',
    text.default('.holdfast/networks.json'),
    production,
  ),
  MONITOR_INTERVAL_MS: setting('chain', 'pause between two looks at a chain', whole(100, 600_000, 1_000)),
  SHKEEPER_URL: setting(
    'shkeeper',
    'address of the SHKeeper server',
    url(/^https?$/).default('http://127.0.0.1:5000'),
    production,
  ),
  SHKEEPER_API_KEY: setting('shkeeper', 'its API key; also a key of its webhook signatures', text.default(''), secret),
  SHKEEPER_WEBHOOK_SECRET: setting('shkeeper', 'further signature keys, comma-separated, tried first', list, {
    secret: true,
  }),
  ...webhookSettings,
  SHKEEPER_PAYOUT_USER: setting(
    'shkeeper',
    'Basic user of payouts; only processes that pay out need it',
    text.default(''),
  ),
  SHKEEPER_PAYOUT_PASSWORD: setting('shkeeper', 'Basic password of payouts', text.default(''), { secret: true }),
  SHKEEPER_WEBHOOK_ACK_STATUS: setting(
    'shkeeper',
    'answer to an accepted webhook; SHKeeper repeats everything but 202',
    whole(200, 299, 202),
  ),
  SHKEEPER_LEGACY_SIGNATURE: setting(
    'shkeeper',
    'accept old signature forms',
    z.enum(['off', 'header', 'body']).default('off'),
  ),
  SHKEEPER_POLL_SECONDS: setting('shkeeper', 'pause between two looks at an open invoice', whole(1, 3_600, 60)),
  INTENT_TTL_MINUTES: setting('policy', 'how long a buyer has to pay', whole(1, 10_080, 15)),
  MONITORING_DAYS: setting('policy', 'how long late money is watched for', whole(1, 300, 7)),
  MARKETPLACE_ID: setting(
    'policy',
    'name of the marketplace in the books',
    z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/)
      .default('main'),
  ),
  MARKETPLACE_FEE_BPS: setting('policy', 'fee on releases, in 1/100 %', whole(0, 1_000, 100)),
  SETTLEMENT_VALID_HOURS: setting(
    'policy',
    'how long a prepared release or refund can be broadcast (contract: at most 720)',
    whole(1, 720, 24),
  ),
  DELIVER_DAYS: setting('policy', 'days the seller has to deliver (contract: at most 366)', whole(1, 366, 14)),
  INSPECTION_DAYS: setting('policy', 'days the buyer has to inspect (contract: at most 90)', whole(1, 90, 3)),
  DISPUTE_SELLER_BPS: setting('policy', "seller's share of an abandoned dispute, in 1/100 %", whole(0, 10_000, 5_000)),
  PAYOUT_MANUAL_AFTER_SECONDS: setting(
    'policy',
    'when a payout without a clear answer goes to an admin (SHKeeper looks for 24 h)',
    whole(1, 604_800, 86_400),
  ),
  ...payoutSettings,
  ...developmentSettings,
  CRASH_AT: setting(
    'tests',
    'kill this process at a labelled point, `<label>:<n>` or `<label>@<actor>/<signal>:<n>`; refused in production',
    text.regex(/^(.+:[1-9]\d*|)$/, 'must be <label>:<n>').default(''),
  ),
} as const;

type Settings = typeof settings;
export type Config = { readonly [K in keyof Settings]: z.output<Settings[K]['schema']> };

/** Thrown with every problem at once, so that an operator fixes them in one go. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const table = Object.entries(settings) as [keyof Settings, Setting<z.ZodType>][];
/** An unset variable, an empty one and a blank one are the same: nothing was said. */
const given = (environment: Environment, name: string) => environment[name]?.trim() || undefined;

/** What must not be, in any environment; settings that could not be read are left out. */
function unsafe(config: Partial<Config>): string[] {
  const { JWT_SECRET = '', JWT_PUBLIC_KEY = '', MONITORING_DAYS = 0, DELIVER_DAYS = Infinity } = config;
  const problems: string[] = [];
  const unread = !('JWT_SECRET' in config && 'JWT_PUBLIC_KEY' in config);
  if (JWT_SECRET === '' && JWT_PUBLIC_KEY === '' && !config.JWKS_URL && !unread)
    problems.push('JWT_SECRET, JWT_PUBLIC_KEY or JWKS_URL is missing: nobody could be authenticated');
  if (JWT_SECRET !== '' && JWT_SECRET.length < 32) problems.push('JWT_SECRET is shorter than 32 characters');
  problems.push(...unsafeIdentity(config));
  if (MONITORING_DAYS + 1 >= DELIVER_DAYS)
    problems.push(
      'MONITORING_DAYS + 1 must be below DELIVER_DAYS: late money needs time to be settled before deliverBy',
    );
  if (config.SHKEEPER_PAYOUT_USER !== undefined && config.SHKEEPER_PAYOUT_PASSWORD !== undefined)
    if ((config.SHKEEPER_PAYOUT_USER === '') !== (config.SHKEEPER_PAYOUT_PASSWORD === ''))
      problems.push('SHKEEPER_PAYOUT_USER and SHKEEPER_PAYOUT_PASSWORD belong together: give both or none');
  return problems;
}

function unfitForProduction(config: Partial<Config>, environment: Environment): string[] {
  const problems = table
    .filter(([name, entry]) => entry.required === 'production' && !given(environment, name))
    .map(([name, entry]) => `${name} is missing: ${entry.about}`);
  if (given(environment, 'CRASH_AT')) problems.push('CRASH_AT is a test setting and must be empty in production');
  problems.push(...developmentUnfit(config), ...unfitJwks(config));
  if (given(environment, 'PUBLIC_URL') && config.PUBLIC_URL?.startsWith('https://') === false)
    problems.push('PUBLIC_URL must start with https://');
  return [...problems, ...unfitIdentity(config), ...weakSecrets(config)];
}

/** Secrets that somebody could guess; a generated one of 16 bytes or more never looks like this. */
function weakSecrets({
  JWT_SECRET = '',
  METRICS_TOKEN = '',
  SESSION_SECRET = '',
  SHKEEPER_API_KEY = '',
  SHKEEPER_WEBHOOK_SECRET = [],
}: Partial<Config>): string[] {
  const shortest = 16;
  const fewestDifferent = 8;
  const weak = (secret: string) =>
    secret !== '' && (secret.length < shortest || new Set(secret).size < fewestDifferent);
  // a JWT secret that is too short is named already
  const named = {
    JWT_SECRET: JWT_SECRET.length < 32 ? [] : [JWT_SECRET],
    SESSION_SECRET: SESSION_SECRET.length < 32 ? [] : [SESSION_SECRET],
    METRICS_TOKEN: [METRICS_TOKEN],
    SHKEEPER_API_KEY: [SHKEEPER_API_KEY],
    SHKEEPER_WEBHOOK_SECRET,
  };
  return Object.entries(named)
    .filter(([, secrets]) => secrets.some(weak))
    .map(
      ([name]) => `${name} can be guessed: use at least ${shortest} characters, ${fewestDifferent} of them different`,
    );
}

/** Reads and checks the environment; throws `ConfigError` naming every problem. */
export function loadConfig(environment: Environment = process.env): Config {
  const problems: string[] = [];
  const entries = table.flatMap(([name, entry]) => {
    const parsed = entry.schema.safeParse(given(environment, name));
    if (parsed.success) return [[name, parsed.data] as const];
    problems.push(`${name}: ${parsed.error.issues[0]?.message ?? 'is not valid'} (${entry.about})`);
    return [];
  });
  const config: Partial<Config> = Object.fromEntries(entries);
  problems.push(...unsafe(config));
  if (config.NODE_ENV === 'production') problems.push(...unfitForProduction(config, environment));
  if (problems.length > 0) throw new ConfigError(problems);
  return config as Config;
}

/** The text of `.env.example`. */
export function renderEnvExample(): string {
  const lines = ['# Every setting of Holdfast. Generated from server/config.ts by scripts/envExample.ts; do not edit.'];
  let group = '';
  for (const [name, entry] of table) {
    if (entry.group !== group) lines.push('', `# --- ${entry.group}`);
    group = entry.group;
    const standard = entry.schema.safeParse(undefined);
    const value = standard.success ? String(standard.data ?? '') : '';
    lines.push(`# ${entry.about}${entry.required ? ' (production: required)' : ''}`, `${name}=${value}`);
  }
  return `${lines.join('\n')}\n`;
}
