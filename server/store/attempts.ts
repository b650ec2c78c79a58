import { randomUUID } from 'node:crypto';
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { type AttemptRow, attemptModel } from '../models/attemptModel.ts';
import type { Attempts, TakenTry, TryLimit } from '../ports/identity.ts';
import { isDuplicateKey, refusingWhenDown } from './outage.ts';

/** Two that begin a row at once meet in its id; the second then finds the row. */
const insertsAtOnce = 3;

/** Whether another try is admitted beside the recent ones. */
function isOpen({ max, growing }: TryLimit, now: number): object {
  const count = { $size: '$tries' };
  const hasRoom = { $lt: [count, max] };
  if (growing === undefined) return hasRoom;
  const { free, firstMs, longestMs } = growing;
  const doubled = { $multiply: [firstMs, { $pow: [2, { $subtract: [count, free] }] }] };
  const pause = { $min: [longestMs, doubled] };
  const isRested = { $gte: [{ $subtract: [now, { $max: '$tries.atMs' }] }, pause] };
  return { $and: [hasRoom, { $or: [{ $lt: [count, free] }, isRested] }] };
}

/** When `isOpen` will say yes, if nothing is tried until then: tries are forgotten one after the other, and with each the pause is shorter. */
function opensAtMs({ max, windowMs, growing }: TryLimit, tries: AttemptRow['tries']): number {
  const times = tries.map(({ atMs }) => atMs).sort((a, b) => a - b);
  const last = times.at(-1) ?? Number.NEGATIVE_INFINITY;
  const opens = [Number.NEGATIVE_INFINITY, ...times].map((forgotten, index) => {
    const count = times.length - index;
    if (count >= max) return Number.POSITIVE_INFINITY;
    if (growing === undefined || count < growing.free) return forgotten + windowMs;
    const pause = Math.min(growing.longestMs, growing.firstMs * 2 ** (count - growing.free));
    return Math.max(forgotten + windowMs, last + pause);
  });
  return Math.min(...opens);
}

/** Counters of tries in MongoDB, so that they hold for all processes and through restarts; one command decides and counts. */
export function createAttempts(connection: Connection): Attempts {
  const rows = attemptModel(connection).collection as unknown as Collection<AttemptRow>;

  async function take(name: string, limit: TryLimit, now: number): Promise<TakenTry> {
    const { windowMs } = limit;
    const id = randomUUID();
    const recent = {
      $filter: { input: { $ifNull: ['$tries', []] }, cond: { $gt: ['$$this.atMs', now - windowMs] } },
    };
    const admitted = {
      $cond: [isOpen(limit, now), { $concatArrays: ['$tries', [{ id, atMs: now }]] }, '$tries'],
    };
    const after = await rows.findOneAndUpdate(
      { _id: name },
      [{ $set: { tries: recent } }, { $set: { tries: admitted, expiresAt: new Date(now + windowMs) } }],
      { upsert: true, returnDocument: 'after' },
    );
    const tries = after?.tries ?? [];
    return tries.some((one) => one.id === id) ? { tryId: id } : { opensAtMs: opensAtMs(limit, tries) };
  }

  return refusingWhenDown({
    async take(name: string, limit: TryLimit, now: number) {
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
    async forget(name: string) {
      await rows.deleteOne({ _id: name });
    },
    async remember(name: string, untilMs: number) {
      await rows.updateOne({ _id: name }, { $set: { tries: [], expiresAt: new Date(untilMs) } }, { upsert: true });
    },
    async remembers(name: string, now: number) {
      return (await rows.findOne({ _id: name, expiresAt: { $gt: new Date(now) } })) !== null;
    },
  });
}
