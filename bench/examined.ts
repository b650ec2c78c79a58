import type { MongoClient } from 'mongodb';
import { databaseCounts } from './databaseCommands.ts';
import { openConnection } from './load/connection.ts';
import { median } from './statistics.ts';

/** What one request costs the database, and how long it takes alone. */
export interface Examined {
  readonly keysExamined: number;
  readonly documentsExamined: number;
  readonly commands: number;
  readonly ms: number;
}

const times = 20;

/** Sends requests one after the other and answers the cost of one; the same one again when only one is given. */
export async function examined(client: MongoClient, port: number, ...requests: Buffer[]): Promise<Examined> {
  const all = requests.length > 1 ? requests : Array.from({ length: times }, () => requests[0] ?? Buffer.alloc(0));
  const connection = await openConnection(port);
  const took: number[] = [];
  const before = await databaseCounts(client);
  for (const bytes of all) {
    const sentMs = performance.now();
    const status = await connection.request(bytes);
    took.push(performance.now() - sentMs);
    if (status < 200 || status >= 300) throw new Error(`answered ${status}: ${connection.lastReply()}`);
  }
  const after = await databaseCounts(client);
  connection.close();
  const each = (of: (counts: typeof after) => number) => Number(((of(after) - of(before)) / all.length).toFixed(2));
  return {
    keysExamined: each(({ keysExamined }) => keysExamined),
    documentsExamined: each(({ documentsExamined }) => documentsExamined),
    commands: each(({ commands }) => commands),
    ms: Number(median(took).toFixed(2)),
  };
}
