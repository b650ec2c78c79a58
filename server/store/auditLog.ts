import type { Connection } from 'mongoose';
import { auditLogModel } from '../models/auditLogModel.ts';
import { refusingWhenDown } from './outage.ts';

/** One row of the audit log; `key` makes a repeated record the same row. */
export interface AuditEntry {
  readonly key: string;
  readonly category: 'alarm' | 'parked' | 'security';
  readonly paymentId: string;
  readonly seq: number;
  readonly reason: string;
  readonly atMs: number;
}

/** What has to be found later by a person. */
export interface AuditLog {
  record(entry: AuditEntry): Promise<void>;
  list(limit: number): Promise<AuditEntry[]>;
}

/** The audit log on MongoDB. */
export function createAuditLog(connection: Connection): AuditLog {
  const rows = auditLogModel(connection);
  return refusingWhenDown({
    async record({ key, ...entry }: AuditEntry) {
      await rows.updateOne({ _id: key }, { $setOnInsert: entry }, { upsert: true });
    },
    async list(limit: number) {
      const found = await rows.find().sort({ atMs: -1, _id: -1 }).limit(limit).lean();
      return found.map(({ _id, category, ...rest }) => ({
        ...rest,
        key: _id,
        category: category as AuditEntry['category'],
      }));
    },
  });
}
