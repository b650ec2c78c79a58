import { type AnyBulkWriteOperation, type Collection, type Document, MongoBulkWriteError } from 'mongodb';
import { createBatches } from './batches.ts';
import { duplicateKey } from './outage.ts';

/** Rows written by one command; while it is on its way the next ones collect. */
const maxBatch = 64;
const oneAtATime = 1;

/** A change of one row, which is made when it is not there. */
export interface Upsert {
  readonly id: string;
  readonly update: Document;
}

type Row = Document & { _id: string };

/** Writes rows; those that are asked for at the same time leave as one unordered write, so their changes must not depend on an order. */
export function createUpserts(rows: Collection<Row>): (one: Upsert) => Promise<void> {
  return createBatches<Upsert, void>({
    maxSize: maxBatch,
    maxInFlight: oneAtATime,
    async run(upserts) {
      await writeAll(rows, upserts, ({ id, update }) => ({ updateOne: { filter: { _id: id }, update, upsert: true } }));
      return upserts.map(() => undefined);
    },
  });
}

/** Writes all changes; one that met a row which somebody inserted at the same moment is written once more, over that row. */
export async function writeAll<T>(
  rows: Collection<Row>,
  changes: readonly T[],
  operationOf: (change: T, isAgain: boolean) => AnyBulkWriteOperation<Row>,
): Promise<void> {
  const write = (some: readonly T[], isAgain: boolean) =>
    rows.bulkWrite(
      some.map((one) => operationOf(one, isAgain)),
      { ordered: false },
    );
  try {
    await write(changes, false);
  } catch (error) {
    const taken = takenBy(error);
    if (taken === null) throw error;
    await write(
      taken.flatMap((index) => changes[index] ?? []),
      true,
    );
  }
}

/** Which operations of an unordered write met a row that is there; null when anything else went wrong, too. */
export function takenBy(error: unknown): number[] | null {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) return null;
  const errors = [error.writeErrors].flat();
  const onlyTaken = errors.length > 0 && errors.every(({ code }) => code === duplicateKey);
  return onlyTaken ? errors.map(({ index }) => index) : null;
}
