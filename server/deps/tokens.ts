import type { Config } from '../config.ts';
import { createTokens } from '../tokens.ts';

/** Whoever the marketplace's tokens name. */
export function tokensOf(config: Config) {
  return createTokens({
    secret: config.JWT_SECRET,
    publicKey: config.JWT_PUBLIC_KEY,
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
  });
}
