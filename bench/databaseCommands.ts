import { type MongoClient, ReadConcern } from 'mongodb';
import { z } from 'zod';

/** Commands that a server of ours, or a baseline, may send for an operation; what drivers and the set send by themselves is not among them. */
const counted = ['insert', 'update', 'delete', 'find', 'findAndModify', 'aggregate', 'count', 'getMore', 'bulkWrite'];

const status = z.object({
  metrics: z.object({
    commands: z.record(z.string(), z.unknown()),
    queryExecutor: z.object({ scanned: z.coerce.number(), scannedObjects: z.coerce.number() }),
  }),
});
const total = z.object({ total: z.coerce.number() }).catch({ total: 0 });

/** What the database did since it was started. */
export interface DatabaseCounts {
  readonly commands: number;
  readonly keysExamined: number;
  readonly documentsExamined: number;
}

/** Reads the database's own counters. */
export async function databaseCounts(client: MongoClient): Promise<DatabaseCounts> {
  const { metrics } = status.parse(await client.db('admin').command({ serverStatus: 1 }));
  const commands = counted.reduce((sum, name) => sum + total.parse(metrics.commands[name]).total, 0);
  const { scanned, scannedObjects } = metrics.queryExecutor;
  return { commands, keysExamined: scanned, documentsExamined: scannedObjects };
}

/** How every side of a ratio writes and reads: as the server does. */
export const asTheServer = {
  writeConcern: { w: 'majority', journal: true },
  readConcern: new ReadConcern('majority'),
} as const;
