import type { Db } from 'mongodb';
import { AppError } from '../errors.ts';

const _id = 'payments';
const durable = { writeConcern: { w: 'majority', journal: true } } as const;

/** Tells all processes that rows of `payments` may be missing: a rebuild has begun and not come to its end. */
export function createRebuildMark(database: Db) {
  const marks = database.collection<{ _id: string; begun: Date }>('rebuilds');
  return {
    async set(): Promise<void> {
      await marks.updateOne({ _id }, { $currentDate: { begun: true } }, { ...durable, upsert: true });
    },
    async lift(): Promise<void> {
      await marks.deleteOne({ _id }, durable);
    },
    /** Asked before the rows are read: what is lifted meanwhile was written after they were. */
    async demandNone(): Promise<void> {
      if ((await marks.findOne({ _id })) === null) return;
      throw new AppError('busy', 'The rows of `payments` are being rebuilt; repeat unchanged.');
    },
  };
}
