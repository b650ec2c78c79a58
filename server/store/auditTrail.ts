import type { Connection } from 'mongoose';
import { nextRecord, type TrailEvent, type TrailRecord } from '../domain/auditTrail.ts';
import { AppError } from '../errors.ts';
import { type AuditTrailRow, auditTrailModel } from '../models/auditTrailModel.ts';
import type { AuditTrail } from '../ports/auditTrail.ts';
import { type ConnectionOptions, connectForReports } from './connection.ts';
import { isDuplicateKey, reachable } from './outage.ts';

/** Processes that write at the same moment take turns; more turns than this are no chance. */
const turnsMax = 50;
/** Events that wait for their turn in this process; more are a flood that the database does not keep up with. */
const waitingMax = 1_000;
const batchSize = 1_000;

const toRecord = ({ _id: _, ...row }: AuditTrailRow): TrailRecord => ({
  ...row,
  category: row.category as TrailRecord['category'],
});

/** The trail on MongoDB: a place is taken by its id, so two records never follow the same one. */
export function createAuditTrail(connection: Connection): AuditTrail {
  const rows = auditTrailModel(connection);
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  async function write(event: TrailEvent): Promise<TrailRecord> {
    for (let tries = 0; tries < turnsMax; tries += 1) {
      const [newest] = await rows.find().sort({ _id: -1 }).limit(1).lean();
      const record = nextRecord(newest ?? null, event);
      try {
        await rows.create({ _id: record.seq, ...record });
        return record;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
    }
    throw new AppError('busy', 'The audit trail is being written by too many at once.');
  }

  return {
    append(event) {
      if (waiting >= waitingMax)
        return Promise.reject(new AppError('busy', 'Too many events wait for the audit trail.'));
      waiting += 1;
      const mine = turn.then(() => reachable(() => write(event)));
      turn = mine
        .catch(() => undefined)
        .finally(() => {
          waiting -= 1;
        });
      return mine;
    },
  };
}

/** The trail as it lies there, in the order of the places, over a connection that may take its time. */
export function openTrail(options: ConnectionOptions) {
  const { database, close } = connectForReports(options);
  async function* read() {
    const found = database.collection<AuditTrailRow>('audit_trail').find({}, { batchSize }).sort({ _id: 1 });
    for await (const row of found) yield { place: row._id, record: toRecord(row) };
  }
  return { read, close };
}
