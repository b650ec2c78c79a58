import { type Connection, Schema } from 'mongoose';

/** One record of the trail; `_id` is its place. */
export interface AuditTrailRow {
  _id: number;
  seq: number;
  previous: string;
  hash: string;
  atMs: number;
  category: string;
  actor: string;
  role: string;
  action: string;
  path: string;
  outcome: string;
  requestId: string;
  address: string;
}

const word = { type: String, default: '' };
const whole = { type: Number, required: true };
const schema = new Schema<AuditTrailRow>(
  {
    ...{ _id: whole, seq: whole, previous: word, hash: word, atMs: whole, category: word, actor: word, role: word },
    ...{ action: word, path: word, outcome: word, requestId: word, address: word },
  },
  { collection: 'audit_trail', versionKey: false },
);

/** The model of `audit_trail` on one connection. */
export const auditTrailModel = (connection: Connection) => connection.model<AuditTrailRow>('AuditTrail', schema);
