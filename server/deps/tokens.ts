import jwt from 'jsonwebtoken';
import type { Config } from '../config.ts';
import type { Clock, Logger } from '../ports.ts';
import { createPublishedKeys, type PublishedKeys } from '../providers/identity/jwks.ts';
import { createTokens } from '../tokens.ts';

const kidForm = /^[\x21-\x7e]{1,128}$/;

/** The key that a token names; a token without one, or with one that is not published, is nobody's. */
export const keyForToken = (published: Pick<PublishedKeys, 'find'>) => (token: string) => {
  const { kid } = jwt.decode(token, { complete: true })?.header ?? {};
  const found = kid !== undefined && kidForm.test(kid) ? published.find(kid) : null;
  if (found === null) throw new Error('the token names no published key');
  return found;
};

/** Whoever the marketplace's tokens name, and the published keys behind them where it publishes any. */
export async function tokensOf(config: Config, deps: { clock: Clock; logger: Logger }) {
  const published = config.JWKS_URL === '' ? null : createPublishedKeys({ url: config.JWKS_URL, ...deps });
  await published?.refresh();
  published?.start();
  const tokens = createTokens({
    secret: config.JWT_SECRET,
    publicKey: config.JWT_PUBLIC_KEY,
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    ...(published === null ? {} : { keyFor: keyForToken(published) }),
  });
  return { ...tokens, stop: () => published?.stop() };
}
