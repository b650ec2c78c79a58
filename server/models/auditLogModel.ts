import { type Connection, Schema } from 'mongoose';

/** Something a person has to be able to look up later: an alarm, a parked effect. */
export interface AuditLogRow {
  _id: string;
  category: string;
  paymentId: string;
  seq: number;
  reason: string;
  atMs: number;
}

const text = { type: String, required: true };
const whole = { type: Number, required: true };
const schema = new Schema<AuditLogRow>(
  { _id: text, category: text, paymentId: text, seq: whole, reason: text, atMs: whole },
  { collection: 'audit_log', versionKey: false },
);
schema.index({ category: 1, atMs: -1 });
schema.index({ paymentId: 1, seq: 1 });

/** The model of `audit_log` on one connection. */
export const auditLogModel = (connection: Connection) => connection.model<AuditLogRow>('AuditLog', schema);
