import type { Collection } from 'mongodb';
import type { IdempotencyKeyRow } from '../models/idempotencyKeyModel.ts';
import { createBatches } from './batches.ts';
import { takenBy } from './upserts.ts';

/** Keys written by one command; with two on their way the next ones collect. */
const maxBatch = 64;
const twoAtATime = 2;

interface Completion {
  readonly key: string;
  readonly fence: string;
  readonly status: number;
  readonly body: string;
}

/**
 * No write of a record waits for the disk: one that is lost with its server leaves the key new or running, as a death of ours at that
 * point does, and the claim in the transition answers the repeat.
 */
const inMemory = { writeConcern: { w: 1, journal: false } } as const;

/** The two writes that every keyed request makes; those that run at the same time leave together. */
export function createKeyWrites(keys: Collection<IdempotencyKeyRow>) {
  const rules = { maxSize: maxBatch, maxInFlight: twoAtATime };

  /** True when the key is new. */
  const insert = createBatches<IdempotencyKeyRow, boolean>({
    ...rules,
    async run(rows) {
      const taken = await keys
        .bulkWrite(
          rows.map((document) => ({ insertOne: { document } })),
          { ordered: false, ...inMemory },
        )
        .then(() => new Set<number>(), takenOf);
      return rows.map((_, index) => !taken.has(index));
    },
  });

  const complete = createBatches<Completion, void>({
    ...rules,
    async run(completions) {
      const updates = completions.map(({ key, fence, status, body }) => ({
        updateOne: { filter: { _id: key, fence }, update: { $set: { state: 'complete' as const, status, body } } },
      }));
      await keys.bulkWrite(updates, { ordered: false, ...inMemory });
      return completions.map(() => undefined);
    },
  });

  return { insert, complete };
}

/** Which rows of a batch met a key that is there; throws when anything else went wrong, too. */
function takenOf(error: unknown): Set<number> {
  const taken = takenBy(error);
  if (taken === null) throw error;
  return new Set(taken);
}
