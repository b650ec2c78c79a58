import { createSecretKey } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { AccessTokens, Bearer } from '../ports/identity.ts';
import type { Clock } from '../ports.ts';

/** Short, because it cannot be taken back; a refresh token is asked about each time. */
const lifeSeconds = 15 * 60;
/** One algorithm, one type (RFC 9068), one audience: no token of another kind passes for one of these. */
const algorithm = 'HS256';
const typ = 'at+jwt';
const audience = 'urn:holdfast:api';

const header = z.object({ typ: z.literal(typ), alg: z.literal(algorithm) });
const claims = z.object({
  sub: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  role: z.enum(['admin', 'auditor']),
  sid: z.string().regex(/^[0-9a-f-]{36}$/),
  exp: z.number(),
  factor_time: z.number().optional(),
});

/** Signs and verifies the access tokens of our own sessions, with a key that nothing else uses. */
export interface SessionTokens extends AccessTokens {
  /** Throws `AppError('not_authenticated')`. */
  verify(token: string): Bearer;
}

/** Without a secret nothing is signed and nothing is believed. */
export function createSessionTokens(options: { secret: string; issuer: string; clock: Clock }): SessionTokens {
  const { secret, issuer, clock } = options;
  const key = secret === '' ? null : createSecretKey(Buffer.from(secret));
  const now = () => Math.floor(clock.now() / 1000);
  return {
    sign({ userId, role, sessionId, factorAtMs }) {
      if (key === null)
        throw new AppError('not_ready', 'Nobody can log in here: SESSION_SECRET is not set on this server.');
      const exp = now() + lifeSeconds;
      const factor = factorAtMs === undefined ? {} : { factor_time: Math.floor(factorAtMs / 1000) };
      const payload = { iss: issuer, aud: audience, sub: userId, role, sid: sessionId, iat: now(), exp, ...factor };
      return { token: jwt.sign(payload, key, { algorithm, header: { alg: algorithm, typ } }), expiresAtMs: exp * 1000 };
    },
    verify(token) {
      try {
        if (key === null) throw new Error('SESSION_SECRET is not set');
        const rules = { algorithms: [algorithm], issuer, audience, clockTimestamp: now(), complete: true } as const;
        const complete = jwt.verify(token, key, { ...rules, algorithms: [algorithm] });
        header.parse(complete.header);
        const { sub, role, sid, exp, factor_time } = claims.parse(complete.payload);
        const factor = factor_time === undefined ? {} : { factorAtMs: factor_time * 1000 };
        return { userId: sub, role, sessionId: sid, expiresAtMs: exp * 1000, ...factor };
      } catch (cause) {
        throw new AppError('not_authenticated', 'The session token is expired or not valid here; refresh it.', {
          cause,
        });
      }
    },
  };
}

const issued = z.object({ iss: z.string() });
/** The issuer a token names; whether that is true is for a verifier to find out. */
function issuerOf(token: string): string | null {
  try {
    return issued.parse(jwt.decode(token)).iss;
  } catch {
    return null;
  }
}

/** Hands a token to the verifier of the issuer it names; the verifier then checks that name again, with its own key alone. */
export const byIssuer =
  (issuer: string, sessions: (token: string) => Bearer, others: (token: string) => Bearer) =>
  (token: string): Bearer =>
    issuerOf(token) === issuer ? sessions(token) : others(token);
