import type { Collection, Document } from 'mongodb';
import type { State } from '../domain/state.ts';
import { transitionId } from '../domain/transition.ts';
import type { Tail, TailHints } from '../ports.ts';
import { createBatches } from './batches.ts';
import { decode, digest } from './codec.ts';
import { readLimitMs } from './connection.ts';
import { reachable } from './outage.ts';
import { rowCheck } from './projection.ts';
import type { TransitionDocument } from './transitionDocument.ts';
import { strangeWord } from './vocabulary.ts';

/** Payments asked for in one query; with one query on its way the next ones collect. */
const maxBatch = 64;
const oneAtATime = 1;
/** A query on a socket that died keeps everybody waiting for the socket's two seconds; after this time one more goes, on another. */
const slowAfterMs = 250;

/** What a hint needs of a row. */
interface HintRow {
  readonly _id: string;
  readonly version: number;
  readonly format?: number;
  readonly kind?: string;
  readonly hash?: string;
  readonly check?: string;
  readonly stateHash: string;
  readonly state: unknown;
}
const hintFields = { version: 1, format: 1, kind: 1, hash: 1, check: 1, stateHash: 1, state: 1 };

/** Reads of states that leave together (docs/adr/0013): the copies in `payments`, and whether a tail still is the newest. */
export function createTailHints(
  log: Collection<TransitionDocument>,
  payments: Collection<Document & { _id: string }>,
): TailHints {
  const hint = createBatches<string, Tail | null>({
    maxSize: maxBatch,
    maxInFlight: oneAtATime,
    slowAfterMs,
    async run(paymentIds) {
      const wanted = { _id: { $in: [...new Set(paymentIds)] } };
      const found = await payments
        .find<HintRow>(wanted, { projection: hintFields, maxTimeMS: readLimitMs, batchSize: maxBatch + 1 })
        .toArray();
      const tails = new Map(found.map((row) => [row._id, tailOf(row)]));
      return paymentIds.map((id) => tails.get(id) ?? null);
    },
  });

  const isTail = createBatches<Tail, boolean>({
    maxSize: maxBatch,
    maxInFlight: oneAtATime,
    slowAfterMs,
    async run(tails) {
      const ids = new Set(tails.flatMap((tail) => [idOf(tail), successorOf(tail)]));
      const found = await log
        .find(
          { _id: { $in: [...ids] } },
          { projection: { hash: 1 }, maxTimeMS: readLimitMs, batchSize: 2 * maxBatch + 1 },
        )
        .toArray();
      const hashes = new Map(found.map(({ _id, hash }) => [_id, hash]));
      return tails.map((tail) => hashes.get(idOf(tail)) === tail.hash && !hashes.has(successorOf(tail)));
    },
  });

  return {
    hint: (paymentId) => reachable(() => hint(paymentId)),
    isTail: (tail) => reachable(() => isTail(tail)),
  };
}

const idOf = ({ paymentId, seq }: Tail) => transitionId(paymentId, seq);
const successorOf = ({ paymentId, seq }: Tail) => transitionId(paymentId, seq + 1);

/** The tail that a row tells; null when the row is of another version, was edited, or cannot be read: then the log is asked. */
function tailOf(row: HintRow): Tail | null {
  if (strangeWord(row) !== null) return null;
  const { _id: paymentId, version: seq, hash, check, stateHash, state: stored } = row;
  if (typeof hash !== 'string' || check !== rowCheck({ paymentId, seq, hash, stateHash })) return null;
  try {
    const state = decode(stored) as State;
    return digest(state) === stateHash ? { paymentId, seq, hash, stateHash, state } : null;
  } catch {
    return null;
  }
}
