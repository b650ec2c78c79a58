import { type Ask, createBatches } from './batches.ts';

/** Rows read by one query; with two on their way the next ones collect. */
const maxBatch = 64;
const twoAtATime = 2;

/** Reads of single rows by `_id`; those that run at the same time leave as one query. */
export function createReadsById<R extends { readonly _id: string }>(
  find: (ids: readonly string[]) => PromiseLike<readonly R[]>,
): Ask<string, R | null> {
  return createBatches<string, R | null>({
    maxSize: maxBatch,
    maxInFlight: twoAtATime,
    async run(ids) {
      const rows = new Map((await find([...new Set(ids)])).map((row) => [row._id, row]));
      return ids.map((id) => rows.get(id) ?? null);
    },
  });
}
