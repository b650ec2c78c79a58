import { setting, text } from './setting.ts';

const isHttp = (value: string) => value === '' || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol));

/** Settings of a marketplace that publishes its keys. */
export const jwksSettings = {
  JWKS_URL: setting(
    'access',
    'where the marketplace publishes its keys (JWKS; RS256 and ES256), instead of JWT_PUBLIC_KEY and JWT_SECRET',
    text.refine(isHttp, 'must be a url').default(''),
  ),
} as const;

/** What production must not have: keys that somebody between could change. */
export function unfitJwks({ JWKS_URL = '' }: { readonly JWKS_URL?: string }): string[] {
  return JWKS_URL === '' || JWKS_URL.startsWith('https://') ? [] : ['JWKS_URL must start with https://'];
}
