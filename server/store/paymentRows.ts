import type { AnyBulkWriteOperation, Collection, Db, Document } from 'mongodb';
import type { State } from '../domain/state.ts';
import type { Transition } from '../domain/transition.ts';
import type { BrokenLog, LogEnd, PaymentRows, RowFound } from '../ports/rebuild.ts';
import { projectedFields } from './auditedBooks.ts';
import { decode, digest } from './codec.ts';
import { reachable } from './outage.ts';
import { externalIdsOf, projectionOf } from './projection.ts';
import { createRebuildMark } from './rebuildMark.ts';
import { fromDocument, type TransitionDocument } from './transitionDocument.ts';
import { transitionCollection } from './transitionSchema.ts';

/** Logs whose ends, rows and writes go together: some 1 MB of documents. */
const logsAtOnce = 100;
/** A question reads on from where the last one ended, so that no cursor has to live as long as the whole. */
const pageSize = 5_000;
const batchSize = 1_000;
/** What of a step that is not the last one matters to a row. */
const sketchFields = {
  seq: 1,
  'state.direction': 1,
  'state.machine.externalId': 1,
  'state.provider.externalId': 1,
  'state.forward.externalId': 1,
};

type Row = Document & { _id: string };
type Log = Collection<TransitionDocument>;

/** One log while its steps pass by. */
interface Sketch {
  readonly paymentId: string;
  tailId: string;
  seq: number;
  problem: string | null;
  readonly externalIds: Set<string>;
}

/** Reads and writes the rows of `payments` beside the log; over a client that may take its time. */
export function createPaymentRows(database: Db): PaymentRows {
  const log: Log = database.collection(transitionCollection);
  const payments = database.collection<Row>('payments');

  const mark = createRebuildMark(database);

  return {
    begin: () => reachable(mark.set),
    end: () => reachable(mark.lift),
    async *ends() {
      for await (const sketches of sketchesOf(log)) yield await endsOf(log, sketches);
    },
    newestSeq: (paymentId) =>
      reachable(async () => {
        const ids = { $gte: `${paymentId}:`, $lt: `${paymentId};` };
        return (await log.findOne({ _id: ids }, { sort: { _id: -1 }, projection: { seq: 1 } }))?.seq ?? null;
      }),
    rows: (ends) =>
      reachable(async () => {
        const found = await payments.find({ _id: { $in: ends.map(({ paymentId }) => paymentId) } }).toArray();
        const rows = new Map(found.map((row) => [row._id, row]));
        return new Map(ends.flatMap((end) => foundOf(end, rows.get(end.paymentId))));
      }),
    write: (ends, found) =>
      reachable(async () => {
        const operations = ends.map((end) => writeOf(end, found.get(end.paymentId)));
        if (operations.length > 0) await payments.bulkWrite(operations, { ordered: false });
      }),
  };
}

async function* sketchesOf(log: Log): AsyncGenerator<Sketch[]> {
  let batch: Sketch[] = [];
  for (let after = ''; ; ) {
    const question = { sort: { _id: 1 as const }, hint: { _id: 1 as const }, limit: pageSize, batchSize };
    const cursor = log.find({ _id: { $gt: after } }, { ...question, projection: sketchFields });
    let count = 0;
    for (let step = await reachable(() => cursor.next()); step !== null; step = await reachable(() => cursor.next())) {
      count += 1;
      after = step._id;
      const open = batch.at(-1);
      const paymentId = after.slice(0, after.lastIndexOf(':'));
      if (open?.paymentId === paymentId) {
        add(open, step);
        continue;
      }
      if (batch.length >= logsAtOnce) {
        yield batch;
        batch = [];
      }
      const fresh = { paymentId, tailId: after, seq: 0, problem: null, externalIds: new Set<string>() };
      add(fresh, step);
      batch.push(fresh);
    }
    if (count < pageSize) break;
  }
  if (batch.length > 0) yield batch;
}

function add(sketch: Sketch, { _id, seq, state }: TransitionDocument): void {
  sketch.seq += 1;
  sketch.tailId = _id;
  if (seq !== sketch.seq) sketch.problem ??= `step ${sketch.seq} is missing, or is no step of this log`;
  for (const id of externalIdsOf((state ?? {}) as State)) sketch.externalIds.add(id);
}

async function endsOf(log: Log, sketches: readonly Sketch[]): Promise<(LogEnd | BrokenLog)[]> {
  const tailIds = sketches.map(({ tailId }) => tailId);
  const found = await reachable(() => log.find({ _id: { $in: tailIds } }).toArray());
  const documents = new Map(found.map((document) => [document._id, document]));
  return sketches.map((sketch) => endOf(sketch, documents.get(sketch.tailId)));
}

/** A row must not be made of a history that was written into: the row may be all that is left of the true one. */
function endOf({ paymentId, tailId, problem, externalIds }: Sketch, document?: TransitionDocument): LogEnd | BrokenLog {
  if (problem !== null) return { paymentId, problem };
  if (document === undefined) return { paymentId, problem: `${tailId} is not there any more` };
  try {
    const transition = fromDocument(document);
    const { hash, ...content } = transition;
    const isWhole = digest(content) === hash && digest(transition.state) === transition.stateHash;
    if (!isWhole || transition.paymentId !== paymentId)
      return { paymentId, problem: `the hash of ${tailId} is not that of its content` };
    return { paymentId, transition, externalIds: [...externalIds] };
  } catch (error) {
    return { paymentId, problem: `${tailId}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function foundOf({ paymentId, transition, externalIds }: LogEnd, row: Row | undefined): [string, RowFound][] {
  if (row === undefined) return [];
  const { _id, externalIds: known, ...fields } = row;
  const names = Array.isArray(known) ? known : [];
  // Their order is that in which they were written, which tells nothing.
  const sameNames = names.length === externalIds.length && externalIds.every((id) => names.includes(id));
  return [[paymentId, { version: row.version, isSame: sameNames && isCopy(fields, transition) }]];
}

function isCopy(fields: Document, transition: Transition): boolean {
  try {
    return digest(decode(fields)) === digest(projectedFields(transition));
  } catch {
    // Nothing of ours is beyond what can be hashed.
    return false;
  }
}

/** What a server writes meanwhile stands: its row has another version than the one that was found, and a later one. */
function writeOf({ paymentId: _id, transition, externalIds }: LogEnd, found?: RowFound): AnyBulkWriteOperation<Row> {
  const row = { ...projectionOf(transition), externalIds: [...externalIds] };
  if (found === undefined) return { updateOne: { filter: { _id }, update: { $setOnInsert: row }, upsert: true } };
  return { replaceOne: { filter: { _id, version: found.version ?? null }, replacement: row } };
}
