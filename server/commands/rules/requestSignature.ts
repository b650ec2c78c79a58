import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SignedCall } from '../../ports/apiKeys.ts';

/** The same distance that webhooks are given, either way. */
export const signatureWindowSeconds = 300;

/** Headers that change what a call does, and one that tells equal calls of one second apart; signed when they are sent. */
export const signedHeaderNames = ['idempotency-key', 'if-match', 'x-nonce', 'x-on-behalf-of'] as const;

/**
 * What is signed: five lines that no part can leave, since none holds a line end. Headers that change what a call does are covered when they
 * are sent, each in a line of its own behind the others, in the order of their names; without them it is the five lines alone.
 */
export function canonicalText(call: Omit<SignedCall, 'keyId' | 'signature'>): string {
  const { timestamp, method, target, bodySha256, headers } = call;
  const covered = [...headers].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value}`);
  return ['v1', timestamp, method.toUpperCase(), target, bodySha256, ...covered].join('\n');
}

/** HMAC-SHA256 over the canonical text, in lower-case hex. */
export function signCall(secret: string, call: Omit<SignedCall, 'keyId' | 'signature'>): string {
  return createHmac('sha256', secret).update(canonicalText(call)).digest('hex');
}

/** Whether the holder of the secret signed exactly this call; takes the same time for every wrong signature. */
export function isSignedBy(secret: string, call: SignedCall): boolean {
  const given = Buffer.from(call.signature, 'hex');
  const expected = Buffer.from(signCall(secret, call), 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
