import type { Collection, Document } from 'mongodb';
import type { Connection } from 'mongoose';
import { dueWorkModel } from '../models/dueWorkModel.ts';
import type { DueKind, DueRow, DueWork } from '../ports.ts';
import { refusingWhenDown } from './outage.ts';
import { createUpserts } from './upserts.ts';

const keyOf = (row: Pick<DueRow, 'kind' | 'paymentId'>) => `${row.kind}:${row.paymentId}`;
const fenced = (row: DueRow) => ({ _id: keyOf(row), fence: row.fence });

/** Rows of durable work; a row that is asked for while somebody works on it is worked on once more. `attempts` counts this taking too. */
export function createDueWork(connection: Connection): DueWork {
  const rows = dueWorkModel(connection);

  const write = createUpserts(rows.collection as unknown as Collection<Document & { _id: string }>);

  return refusingWhenDown({
    schedule: (kind: DueKind, paymentId: string, atMs: number) =>
      write({
        id: keyOf({ kind, paymentId }),
        update: {
          $min: { atMs },
          $set: { again: true },
          $setOnInsert: { kind, paymentId, leaseUntilMs: 0, attempts: 0, fence: 0 },
        },
      }),
    async take(kinds: readonly DueKind[], now: number, leaseMs: number) {
      const due = { kind: { $in: [...kinds] }, atMs: { $lte: now }, leaseUntilMs: { $lte: now } };
      const update = { $set: { leaseUntilMs: now + leaseMs, again: false }, $inc: { fence: 1, attempts: 1 } };
      const row = await rows.findOneAndUpdate(due, update, { sort: { atMs: 1 }, returnDocument: 'after' }).lean();
      if (row === null) return null;
      const kind = kinds.find((one) => one === row.kind);
      return kind === undefined ? null : { kind, paymentId: row.paymentId, attempts: row.attempts, fence: row.fence };
    },
    async renew(row: DueRow, untilMs: number) {
      await rows.updateOne(fenced(row), { $set: { leaseUntilMs: untilMs } });
    },
    async finish(row: DueRow) {
      const removed = await rows.deleteOne({ ...fenced(row), again: false });
      if (removed.deletedCount === 1) return;
      await rows.updateOne({ ...fenced(row), again: true }, { $set: { leaseUntilMs: 0, attempts: 0 } });
    },
    async postpone(row: DueRow, atMs: number) {
      const later = { $set: { leaseUntilMs: 0, atMs: { $cond: ['$again', '$atMs', atMs] } } };
      await rows.updateOne(fenced(row), [later], { updatePipeline: true });
    },
  });
}
