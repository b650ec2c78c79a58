import { randomUUID } from 'node:crypto';
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { type AttemptRow, attemptModel } from '../models/attemptModel.ts';
import type { Attempts } from '../ports/identity.ts';
import { isDuplicateKey, refusingWhenDown } from './outage.ts';

/** Two that begin a row at once meet in its id; the second then finds the row. */
const insertsAtOnce = 3;

/** Counters of tries in MongoDB, so that they hold for all processes and through restarts; one command decides and counts. */
export function createAttempts(connection: Connection): Attempts {
  const rows = attemptModel(connection).collection as unknown as Collection<AttemptRow>;

  async function take(name: string, { max, windowMs }: { max: number; windowMs: number }, now: number) {
    const id = randomUUID();
    const recent = {
      $filter: { input: { $ifNull: ['$tries', []] }, cond: { $gt: ['$$this.atMs', now - windowMs] } },
    };
    const admitted = {
      $cond: [{ $lt: [{ $size: '$tries' }, max] }, { $concatArrays: ['$tries', [{ id, atMs: now }]] }, '$tries'],
    };
    const after = await rows.findOneAndUpdate(
      { _id: name },
      [{ $set: { tries: recent } }, { $set: { tries: admitted, expiresAt: new Date(now + windowMs) } }],
      { upsert: true, returnDocument: 'after' },
    );
    return after?.tries.some((one) => one.id === id) ? id : null;
  }

  return refusingWhenDown({
    async take(name: string, limit: { readonly max: number; readonly windowMs: number }, now: number) {
      for (let turn = 1; ; turn += 1) {
        try {
          return await take(name, limit, now);
        } catch (error) {
          if (!isDuplicateKey(error) || turn === insertsAtOnce) throw error;
        }
      }
    },
    async giveBack(name: string, tryId: string) {
      await rows.updateOne({ _id: name }, { $pull: { tries: { id: tryId } } });
    },
  });
}
