import { z } from 'zod';
import { list, secret, setting, text } from './setting.ts';

/** AES-256 takes 32 bytes. */
const keyBytes = 32;
const namedKey = /^([A-Za-z0-9_-]{1,16}):([A-Za-z0-9+/_-]{43}=?)$/;
/** `iss` of the access tokens that this server makes; the marketplace's must be another one. */
export const sessionIssuer = 'urn:holdfast:sessions';

const encryptionKeys = list
  .pipe(z.array(z.string().regex(namedKey, `must be <name>:<${keyBytes} bytes as base64>, comma-separated`)))
  .transform((entries) =>
    entries.map((entry) => {
      const [, kid = '', encoded = ''] = namedKey.exec(entry) ?? [];
      return { kid, key: Buffer.from(encoded, 'base64') };
    }),
  )
  .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'names a key twice');

/** Settings of admin users of our own and of what is encrypted at rest. */
export const identitySettings = {
  ENCRYPTION_KEYS: setting(
    'access',
    'keys of secrets at rest, <name>:<32 bytes as base64> (openssl rand -base64 32), comma-separated; the first encrypts, all decrypt',
    encryptionKeys,
    secret,
  ),
  SESSION_SECRET: setting(
    'access',
    "HS256 secret of our own admins' access tokens, at least 32 characters and not JWT_SECRET",
    text.default(''),
    secret,
  ),
  ADMIN_STEP_UP: setting(
    'access',
    'whether money routes demand a second factor of the last 5 minutes; auto: required in production, off elsewhere',
    z.enum(['auto', 'required', 'off']).default('auto'),
  ),
} as const;

interface Read {
  readonly NODE_ENV?: string;
  readonly JWT_SECRET?: string;
  readonly JWT_ISSUER?: string;
  readonly SESSION_SECRET?: string;
  readonly ADMIN_STEP_UP?: string;
}

/** What must not be, in any environment. */
export function unsafeIdentity({ JWT_SECRET, JWT_ISSUER, SESSION_SECRET = '' }: Read): string[] {
  const problems: string[] = [];
  if (SESSION_SECRET !== '' && SESSION_SECRET.length < 32)
    problems.push('SESSION_SECRET is shorter than 32 characters');
  if (SESSION_SECRET !== '' && SESSION_SECRET === JWT_SECRET)
    problems.push('SESSION_SECRET must not be JWT_SECRET: the marketplace could make sessions of our admins');
  if (JWT_ISSUER === sessionIssuer) problems.push(`JWT_ISSUER must not be ${sessionIssuer}, which names our sessions`);
  return problems;
}

/** What production must not have. */
export function unfitIdentity({ ADMIN_STEP_UP }: Read): string[] {
  if (ADMIN_STEP_UP !== 'off') return [];
  return ['ADMIN_STEP_UP must not be off in production: money would move on a stolen token alone'];
}

/** Whether money routes demand a fresh second factor. */
export const demandsStepUp = ({ NODE_ENV, ADMIN_STEP_UP }: Read) =>
  ADMIN_STEP_UP === 'required' || (ADMIN_STEP_UP === 'auto' && NODE_ENV === 'production');
