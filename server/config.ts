import type { z } from 'zod';
import { chainSettings } from './config/chain.ts';
import { developmentSettings, unfitDevelopment } from './config/development.ts';
import { identitySettings, unfitIdentity, unsafeIdentity } from './config/identity.ts';
import { payoutSettings } from './config/payouts.ts';
import { policySettings, unsafePolicy } from './config/policy.ts';
import { servingSettings } from './config/serving.ts';
import type { Setting } from './config/setting.ts';
import { shkeeperSettings, unsafeShkeeper } from './config/shkeeper.ts';
import { storeSettings } from './config/stores.ts';
import { tokenSettings, unfitTokens, unsafeTokens } from './config/tokens.ts';
import { trailSettings } from './config/trail.ts';

/** Every variable the server reads; `.env.example` is generated from this table, in its order. */
export const settings = {
  ...servingSettings,
  ...storeSettings,
  ...tokenSettings,
  ...identitySettings,
  ...trailSettings,
  ...chainSettings,
  ...shkeeperSettings,
  ...policySettings,
  ...payoutSettings,
  ...developmentSettings,
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
const unsafe = (config: Partial<Config>): string[] => [
  ...unsafeTokens(config),
  ...unsafeIdentity(config),
  ...unsafePolicy(config),
  ...unsafeShkeeper(config),
];

function unfitForProduction(config: Partial<Config>, environment: Environment): string[] {
  const problems = table
    .filter(([name, entry]) => entry.required === 'production' && !given(environment, name))
    .map(([name, entry]) => `${name} is missing: ${entry.about}`);
  if (given(environment, 'CRASH_AT')) problems.push('CRASH_AT is a test setting and must be empty in production');
  problems.push(...unfitDevelopment(config), ...unfitTokens(config));
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
