import { randomUUID } from 'node:crypto';
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { type IdempotencyKeyRow, idempotencyKeyModel } from '../models/idempotencyKeyModel.ts';
import type { IdempotencyStore } from '../ports.ts';
import { createKeyWrites } from './keyWrites.ts';
import { refusingWhenDown } from './outage.ts';

/** How long an answer is kept. */
const keptMs = 24 * 3_600_000;
/** After this time a running key belongs to a process that died; the transition's own claim still prevents a second execution. */
const abandonedAfterMs = 60_000;

/** What a key is from the moment on that somebody holds it. Fences are random: a freed key may be taken again, and a counter would begin again. */
const held = (requestHash: string, now: number): Omit<IdempotencyKeyRow, '_id'> => ({
  requestHash,
  state: 'running',
  fence: randomUUID(),
  startedAtMs: now,
  expiresAt: new Date(now + keptMs),
});

/** HTTP idempotency records. */
export function createIdempotencyStore(connection: Connection): IdempotencyStore {
  const keys = idempotencyKeyModel(connection);

  const { insert, complete } = createKeyWrites(keys.collection as unknown as Collection<IdempotencyKeyRow>);

  /** Takes over a key whose time is over, or whose process died over the same request. */
  const takeOver = async (key: string, fresh: Omit<IdempotencyKeyRow, '_id'>, now: number) => {
    const { requestHash } = fresh;
    const abandoned = { state: 'running' as const, requestHash, startedAtMs: { $lte: now - abandonedAfterMs } };
    const outdated = { expiresAt: { $lte: new Date(now) } };
    const update = { $set: fresh, $unset: { status: 1, body: 1 } } as const;
    const taken = await keys.updateOne({ _id: key, $or: [abandoned, outdated] }, update);
    return taken.matchedCount === 1;
  };

  return refusingWhenDown({
    async begin(key: string, requestHash: string, now: number) {
      const mine = held(requestHash, now);
      const begun = { outcome: 'begun' as const, fence: mine.fence };
      if (await insert({ _id: key, ...mine })) return begun;
      if (await takeOver(key, mine, now)) return begun;
      // The newest there is: a majority would not know yet what was answered a moment ago.
      const row = await keys.findById(key).read('primary').readConcern('local').lean();
      if (row !== null && row.requestHash !== requestHash) return { outcome: 'otherPayload' as const };
      if (row?.state !== 'complete') return { outcome: 'running' as const };
      return { outcome: 'stored' as const, status: row.status ?? 200, body: row.body ?? '' };
    },
    complete: (key: string, fence: string, answer: { status: number; body: string }) =>
      complete({ key, fence, ...answer }),
    async release(key: string, fence: string) {
      await keys.deleteOne({ _id: key, fence, state: 'running' });
    },
  });
}
