import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { AppError } from './errors.ts';
import type { Bearer } from './ports/identity.ts';
import type { Actor } from './ports.ts';

/** Verifies the marketplace's JWTs; `sign` exists only where the shared secret is known (sandbox, tests). */
export interface Tokens {
  /** Throws `AppError('not_authenticated')`. */
  verify(token: string): Bearer;
  sign(actor: Actor, expiresInSeconds: number): string;
}

const claims = z.object({
  sub: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  role: z.enum(['buyer', 'seller', 'admin', 'auditor']),
  exp: z.number(),
  // OpenID Connect: when the user was last asked, and by which means (RFC 8176)
  auth_time: z.number().optional().catch(undefined),
  amr: z.array(z.string()).optional().catch(undefined),
});

/** Means of RFC 8176 that are a second factor. */
const secondFactors = new Set(['mfa', 'otp']);
/** When the marketplace saw a second factor of the bearer; only both claims together say so. */
function factorOf({ auth_time, amr = [] }: z.output<typeof claims>): { factorAtMs?: number } {
  if (auth_time === undefined || !amr.some((means) => secondFactors.has(means))) return {};
  return { factorAtMs: auth_time * 1000 };
}

const header = z.object({ typ: z.enum(['JWT', 'at+jwt']).optional() });

const algorithmOf: Record<string, jwt.Algorithm> = { rsa: 'RS256', ec: 'ES256' };
/** OpenSSL's name of P-256, the only curve of ES256. */
const es256Curve = 'prime256v1';

interface VerifyingKey {
  readonly key: KeyObject;
  readonly algorithm: jwt.Algorithm;
}

function verifier(options: { secret: string; publicKey: string }): VerifyingKey {
  if (options.publicKey === '') return { key: createSecretKey(Buffer.from(options.secret)), algorithm: 'HS256' };
  const key = createPublicKey(options.publicKey);
  const algorithm = algorithmOf[key.asymmetricKeyType ?? ''];
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  if (!algorithm || (namedCurve !== undefined && namedCurve !== es256Curve))
    throw new Error(`JWT_PUBLIC_KEY is of type ${key.asymmetricKeyType}; use RSA or EC (P-256)`);
  return { key, algorithm };
}

/** One key for all tokens. */
function fixedKey(options: { secret: string; publicKey: string }): () => VerifyingKey {
  const fixed = verifier(options);
  return () => fixed;
}

/** Builds the key once: jsonwebtoken is fifty times faster with a KeyObject than with a string. */
export function createTokens(options: {
  secret: string;
  publicKey: string;
  issuer: string;
  audience: string;
  /** The key of one token, where keys are published; throws for a token by another. */
  keyFor?: (token: string) => VerifyingKey;
}): Tokens {
  const keyFor = options.keyFor ?? fixedKey(options);
  const { issuer, audience } = options;
  return {
    verify(token) {
      try {
        const { key, algorithm } = keyFor(token);
        const complete = jwt.verify(token, key, { algorithms: [algorithm], issuer, audience, complete: true });
        header.parse(complete.header);
        const said = claims.parse(complete.payload);
        return { userId: said.sub, role: said.role, expiresAtMs: said.exp * 1000, ...factorOf(said) };
      } catch (cause) {
        throw new AppError(
          'not_authenticated',
          'The bearer token is missing, expired or not valid here; log in again.',
          { cause },
        );
      }
    },
    sign(actor, expiresInSeconds) {
      if (options.publicKey !== '' || options.keyFor)
        throw new Error('Only the holder of the private key can sign tokens');
      const { key, algorithm } = keyFor('');
      return jwt.sign({ role: actor.role }, key, {
        algorithm,
        issuer,
        audience,
        subject: actor.userId,
        expiresIn: expiresInSeconds,
      });
    },
  };
}
