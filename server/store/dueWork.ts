import { randomUUID } from 'node:crypto';
import type { Collection, Document } from 'mongodb';
import type { Connection } from 'mongoose';
import { type DueWorkRow, dueWorkModel } from '../models/dueWorkModel.ts';
import type { DueKind, DueRow, DueWork } from '../ports.ts';
import { createBatches } from './batches.ts';
import { readLimitMs } from './connection.ts';
import { refusingWhenDown } from './outage.ts';
import { createUpserts } from './upserts.ts';

const keyOf = (row: Pick<DueRow, 'kind' | 'paymentId'>) => `${row.kind}:${row.paymentId}`;
/** Of this taking alone: a row that is made anew after its end counts no takings of the one before. */
const fenced = (row: DueRow) => ({ _id: keyOf(row), holder: row.holder });

/** Rows finished by one command; while it is on its way the next ones collect. */
const maxBatch = 64;
const oneAtATime = 1;

/**
 * Only what is asked for waits for the disk. A taking or an end that is lost with its server is work done once more, which a lease that
 * runs out under its holder is as well.
 */
const inMemory = { writeConcern: { w: 1, journal: false } } as const;
/** Not what a majority knows: what was taken a moment ago would be found again. */
const newest = { readPreference: 'primary', readConcern: { level: 'local' }, maxTimeMS: readLimitMs } as const;

/** Rows of durable work; a row that is asked for while somebody works on it is worked on once more. `attempts` counts this taking too. */
export function createDueWork(connection: Connection): DueWork {
  const collection = dueWorkModel(connection).collection as unknown as Collection<DueWorkRow>;
  const write = createUpserts(collection as unknown as Collection<Document & { _id: string }>);
  const finish = createFinish(collection);

  return refusingWhenDown({
    schedule: (kind: DueKind, paymentId: string, atMs: number) =>
      write({
        id: keyOf({ kind, paymentId }),
        update: {
          $min: { atMs },
          $set: { again: true },
          $setOnInsert: { kind, paymentId, leaseUntilMs: 0, attempts: 0 },
        },
      }),
    async take(kinds: readonly DueKind[], now: number, leaseMs: number, atMost: number) {
      const due = { kind: { $in: [...kinds] }, atMs: { $lte: now }, leaseUntilMs: { $lte: now } };
      const oldest = { ...newest, sort: { atMs: 1 }, limit: atMost } as const;
      const found = await collection.find(due, { ...oldest, projection: { _id: 1 } }).toArray();
      if (found.length === 0) return [];
      // Somebody else may have taken and postponed it since.
      const ids = found.map(({ _id }) => _id);
      const free = { _id: { $in: ids }, atMs: { $lte: now }, leaseUntilMs: { $lte: now } };
      const holder = randomUUID();
      const change = { $set: { leaseUntilMs: now + leaseMs, again: false, holder }, $inc: { attempts: 1 } };
      await collection.updateMany(free, change, inMemory);
      const taken = await collection.find({ _id: free._id, holder }, oldest).toArray();
      return taken.flatMap(({ kind: name, paymentId, attempts }) => {
        const kind = kinds.find((one) => one === name);
        return kind === undefined ? [] : [{ kind, paymentId, attempts, holder }];
      });
    },
    async renew(row: DueRow, untilMs: number) {
      await collection.updateOne(fenced(row), { $set: { leaseUntilMs: untilMs } }, inMemory);
    },
    finish,
    async postpone(row: DueRow, atMs: number) {
      const later = { $set: { leaseUntilMs: 0, atMs: { $cond: ['$again', '$atMs', atMs] } } };
      await collection.updateOne(fenced(row), [later], inMemory);
    },
  });
}

/** Removes rows that nobody asked for meanwhile, and frees the others; those that end at the same time leave as one write. */
function createFinish(rows: Collection<DueWorkRow>): (row: DueRow) => Promise<void> {
  return createBatches<DueRow, void>({
    maxSize: maxBatch,
    maxInFlight: oneAtATime,
    async run(ended) {
      const ends = ended.map((row) => ({ deleteOne: { filter: { ...fenced(row), again: false } } }));
      const { deletedCount } = await rows.bulkWrite(ends, { ordered: false, ...inMemory });
      const update = { $set: { leaseUntilMs: 0, attempts: 0 } };
      const free = ended.map((row) => ({ updateOne: { filter: { ...fenced(row), again: true }, update } }));
      if (deletedCount < ended.length) await rows.bulkWrite(free, { ordered: false, ...inMemory });
      return ended.map(() => undefined);
    },
  });
}
