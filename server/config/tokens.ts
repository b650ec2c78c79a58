import { createPublicKey } from 'node:crypto';
import { setting, text } from './setting.ts';

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

const isHttp = (value: string) => value === '' || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol));

/** How the tokens of the marketplace are verified. */
export const tokenSettings = {
  JWT_SECRET: setting('access', 'HS256 secret of at least 32 characters (or give JWT_PUBLIC_KEY)', text.default(''), {
    secret: true,
  }),
  JWT_PUBLIC_KEY: setting('access', 'PEM public key (RS256 or ES256), instead of JWT_SECRET', publicKey),
  JWKS_URL: setting(
    'access',
    'where the marketplace publishes its keys (JWKS; RS256 and ES256), instead of JWT_PUBLIC_KEY and JWT_SECRET',
    text.refine(isHttp, 'must be a url').default(''),
  ),
  JWT_ISSUER: setting('access', 'required `iss`', text.default('holdfast')),
  JWT_AUDIENCE: setting('access', 'required `aud`', text.default('holdfast')),
} as const;

interface Read {
  readonly JWT_SECRET?: string;
  readonly JWT_PUBLIC_KEY?: string;
  readonly JWKS_URL?: string;
}

/** What must not be, in any environment. */
export function unsafeTokens(config: Read): string[] {
  const { JWT_SECRET, JWT_PUBLIC_KEY, JWKS_URL } = config;
  const problems: string[] = [];
  if (JWT_SECRET === '' && JWT_PUBLIC_KEY === '' && !JWKS_URL)
    problems.push('JWT_SECRET, JWT_PUBLIC_KEY or JWKS_URL is missing: nobody could be authenticated');
  if (JWT_SECRET && JWT_SECRET.length < 32) problems.push('JWT_SECRET is shorter than 32 characters');
  return problems;
}

/** What production must not have: keys that somebody between could change. */
export function unfitTokens({ JWKS_URL = '' }: Read): string[] {
  return JWKS_URL === '' || JWKS_URL.startsWith('https://') ? [] : ['JWKS_URL must start with https://'];
}
