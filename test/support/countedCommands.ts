import type { Db } from 'mongodb';

/** One command that a server of ours sent, as the database itself recorded it. */
export interface RecordedCommand {
  readonly name: string;
  readonly collection: string;
}

/** Records what everybody but the test's own client asks a database while `work` runs, in the order in which it was done. */
export async function commandsOf(database: Db, work: () => Promise<unknown>): Promise<string[]> {
  await database.command({ profile: 0 });
  await database.dropCollection('system.profile').catch(() => undefined);
  await database.command({ profile: 2 });
  try {
    await work();
  } finally {
    await database.command({ profile: 0 });
  }
  const recorded = await database
    .collection('system.profile')
    .find({ ns: { $not: /\.(system\.|\$cmd)/ }, appName: { $exists: true }, op: { $ne: 'killcursors' } })
    .sort({ $natural: 1 })
    .toArray();
  return recorded.map(({ op, command, ns }) => {
    const [first = op] = Object.keys(command ?? {});
    const name = op === 'insert' || op === 'update' || op === 'remove' ? op : op === 'query' ? 'find' : first;
    return `${name} ${String(ns).slice(database.databaseName.length + 1)}`;
  });
}
