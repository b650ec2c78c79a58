import type { Db } from 'mongodb';
import type { Connection } from 'mongoose';
import { dueWorkModel } from '../models/dueWorkModel.ts';
import type { Backlogs } from '../ports/backlogs.ts';
import { type DueKind, dueKinds } from '../ports.ts';
import { readLimitMs } from './connection.ts';
import { refusingWhenDown } from './outage.ts';
import { transitionCollection } from './transitionSchema.ts';

/** What waits in the log and in the due rows; every read is bounded, whatever the backlog. */
export function createBacklogs(database: Db, connection: Connection): Backlogs {
  const log = database.collection(transitionCollection);
  const rows = dueWorkModel(connection);
  const briefly = { maxTimeMS: readLimitMs };

  async function dueOf(kind: DueKind, now: number, limit: number) {
    const due = { kind, atMs: { $lte: now } };
    const [count, oldest] = await Promise.all([
      rows.countDocuments(due).limit(limit).maxTimeMS(readLimitMs),
      rows.findOne(due).sort({ atMs: 1 }).select({ atMs: 1 }).maxTimeMS(readLimitMs).lean(),
    ]);
    return { kind, count, oldestMs: oldest?.atMs ?? null };
  }

  return refusingWhenDown({
    async relay(limit: number) {
      const undone = { 'relay.done': false };
      const sums = { _id: null, count: { $sum: 1 }, oldestMs: { $min: '$atMs' } };
      const [found] = await log
        .aggregate<{ count: number; oldestMs: number }>(
          [{ $match: undone }, { $limit: limit }, { $group: sums }],
          briefly,
        )
        .toArray();
      return { count: found?.count ?? 0, oldestMs: found?.oldestMs ?? null };
    },
    dueWork: (now: number, limit: number) => Promise.all(dueKinds.map((kind) => dueOf(kind, now, limit))),
  });
}
