import type { Signal } from '../../domain/signal.ts';
import type { Change } from '../../domain/transition.ts';

/** Bounds of one document; an amount beyond 1E30 could lose a unit by rounding in the validator. */
const limits = { claims: 64, legs: 64, effects: 64, seq: 999_999, evidenceBytes: 262_144, amount: 10n ** 30n };

/** Why a change cannot be stored, or null. */
export function limitProblem(change: Change, signal: Signal, seq: number): string | null {
  const huge = hugeAmount([change, signal]);
  if (huge !== null) return `an amount of ${huge}`;
  if (seq > limits.seq) return `more than ${limits.seq} transitions`;
  // One place is kept for the caller's idempotency claim.
  if (change.claims.length >= limits.claims) return `${change.claims.length} claims`;
  if (change.legs.length > limits.legs) return `${change.legs.length} legs`;
  if (change.effects.length > limits.effects) return `${change.effects.length} effects`;
  return null;
}

/** The first amount that the database could not hold exactly; hostile tokens report any number. */
function hugeAmount(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value > limits.amount || value < -limits.amount ? value : null;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return null;
  for (const key in value) {
    const huge = hugeAmount(Reflect.get(value, key));
    if (huge !== null) return huge;
  }
  return null;
}

/** Evidence as it is, or its hash where it is too large to be kept. */
export function boundedEvidence(
  evidence: Readonly<Record<string, unknown>>,
  digest: (value: unknown) => string,
): Readonly<Record<string, unknown>> {
  const bytes = sizeOf(evidence);
  return bytes <= limits.evidenceBytes ? evidence : { omittedBytes: bytes, sha256: digest(evidence) };
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 16;
  return Object.entries(value).reduce((sum, [key, entry]) => sum + key.length + sizeOf(entry), 0);
}
