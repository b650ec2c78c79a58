import { MongoClient } from 'mongodb';
import { z } from 'zod';
import { answerParent } from '../answers.ts';
import { asTheServer } from '../databaseCommands.ts';
import type { LoopResult } from '../servers/observeLoop.ts';

/** A status field and a counter, moved by `findOneAndUpdate` of the native driver: no history, no books, no effects. */
interface Row {
  readonly _id: number;
  readonly status: string;
  readonly version: number;
}

const loop = z.object({ rows: z.int().positive(), callers: z.int().positive(), seconds: z.number().positive() });
const client = new MongoClient(process.env.MONGODB_URI ?? '', asTheServer);
const rows = client.db().collection<Row>('bare_rows');

async function fill(input: unknown): Promise<void> {
  const { count } = z.object({ count: z.int() }).parse(input);
  await rows.deleteMany({});
  await rows.insertMany(Array.from({ length: count }, (_, n) => ({ _id: n, status: 'pending', version: 0 })));
}

async function update(input: unknown): Promise<LoopResult> {
  const given = loop.parse(input);
  let n = 0;
  let operations = 0;
  const startMs = performance.now();
  const endMs = startMs + given.seconds * 1000;
  const call = async () => {
    while (performance.now() < endMs) {
      n += 1;
      const change = { $set: { status: `state-${n}` }, $inc: { version: 1 } };
      const updated = await rows.findOneAndUpdate({ _id: n % given.rows }, change, { returnDocument: 'after' });
      if (updated !== null) operations += 1;
    }
  };
  await Promise.all(Array.from({ length: given.callers }, call));
  return { operations, failures: 0, firstFailure: null, seconds: (performance.now() - startMs) / 1000 };
}

await client.connect();
answerParent({ fill, update }, () => client.close());
