import { createHash } from 'node:crypto';
import { claim } from '../../domain/claim.ts';
import { AppError } from '../../errors.ts';
import type { Clock, CrashPoint, IdempotencyStore, Logger } from '../../ports.ts';

/** What a handler answers; kept as it is under the caller's key. */
export interface Reply {
  readonly status: number;
  readonly body: object;
}
/** A key with everything it is scoped to, and what was asked under it. */
export interface KeyedCall {
  readonly principal: string;
  readonly operation: string;
  readonly key: string;
  /** Path and validated input: the same key with another of these is refused. */
  readonly asked: unknown;
}
export interface KeyedReply {
  readonly status: number;
  readonly body: string;
  readonly replayed: boolean;
}

const acceptable = /^[\x21-\x7e]{1,128}$/;

/** The caller's key, `null` without one; refuses what would be no key. */
export function readKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (acceptable.test(header)) return header;
  throw new AppError('validation_failed', 'Idempotency-Key: must be 1 to 128 visible ASCII characters');
}

/** The name of a call's key in the store, and its claim in the transition it causes. */
export const claimOf = (call: KeyedCall) => claim.idempotency(call.principal, call.operation, call.key);

/**
 * Runs a call once a key and answers repeats from the record. The record is comfort, the claim in the
 * transition is the safety: a call whose process died runs again and its command answers from what the first one wrote.
 * A call that failed leaves no record, so that its caller may repeat it with the same key.
 */
export function createIdempotency(deps: { store: IdempotencyStore; clock: Clock; logger: Logger; crash: CrashPoint }) {
  const { store, clock, logger } = deps;
  const lost = (name: string) => (error: unknown) =>
    logger.warn({ name, err: error }, 'an idempotency record was not kept');

  return async function once(call: KeyedCall, execute: () => Promise<Reply>): Promise<KeyedReply> {
    const name = claimOf(call);
    const requestHash = createHash('sha256').update(JSON.stringify(call.asked)).digest('hex');
    const begun = await store.begin(name, requestHash, clock.now());
    if (begun.outcome === 'stored') return { status: begun.status, body: begun.body, replayed: true };
    if (begun.outcome === 'otherPayload') {
      throw new AppError(
        'idempotency_key_reused',
        'This Idempotency-Key was used for another request; take a new one.',
      );
    }
    if (begun.outcome === 'running') {
      throw new AppError('idempotency_key_in_use', 'The first request with this Idempotency-Key is still running.');
    }
    try {
      const reply = await execute();
      const body = JSON.stringify(reply.body);
      await store.complete(name, begun.fence, { status: reply.status, body }).catch(lost(name));
      deps.crash('idempotencyStored');
      return { status: reply.status, body, replayed: false };
    } catch (error) {
      await store.release(name, begun.fence).catch(lost(name));
      throw error;
    }
  };
}
