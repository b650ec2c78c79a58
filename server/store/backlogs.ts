import type { Db, Document } from 'mongodb';
import type { Connection } from 'mongoose';
import { dueWorkModel } from '../models/dueWorkModel.ts';
import type { Backlogs } from '../ports/backlogs.ts';
import { type DueKind, dueKinds } from '../ports.ts';
import { readLimitMs } from './connection.ts';
import { isTooLong, refusingWhenDown } from './outage.ts';
import { transitionCollection, transitionIndexes } from './transitionSchema.ts';

/** What waits in the log and in the due rows; every read is bounded, in rows or in time, whatever the backlog. */
export function createBacklogs(database: Db, connection: Connection): Backlogs {
  const log = database.collection(transitionCollection);
  const rows = dueWorkModel(connection);
  // Marks of what is done do not wait for a majority, so neither does whoever counts them.
  const overBacklog = { hint: transitionIndexes.undone, maxTimeMS: readLimitMs, readConcern: 'local' } as const;

  /** The oldest of at most so many undone transitions, of all without a limit; the index keeps them by id and not by time. */
  async function undone(bound: readonly Document[]) {
    const sums = { _id: null, count: { $sum: 1 }, oldestMs: { $min: '$atMs' } };
    const steps = [{ $match: { 'relay.done': false } }, ...bound, { $group: sums }];
    const [found] = await log.aggregate<{ count: number; oldestMs: number }>(steps, overBacklog).toArray();
    return { count: found?.count ?? 0, oldestMs: found?.oldestMs ?? null };
  }

  async function oldestUndone(atLeast: number | null) {
    try {
      return (await undone([])).oldestMs;
    } catch (error) {
      // So many wait that what is known of a part of them is alarm enough.
      if (isTooLong(error)) return atLeast;
      throw error;
    }
  }

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
      const part = await undone([{ $limit: limit }]);
      return part.count < limit ? part : { ...part, oldestMs: await oldestUndone(part.oldestMs) };
    },
    dueWork: (now: number, limit: number) => Promise.all(dueKinds.map((kind) => dueOf(kind, now, limit))),
  });
}
