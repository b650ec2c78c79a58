import { type Connection, Schema } from 'mongoose';

/** A second admin's yes to one payout; the id is the hash of what he approved. */
export interface PayoutApprovalRow {
  _id: string;
  approvedBy: string;
  approvedAtMs: number;
  expiresAtMs: number;
  keptUntil: Date;
}

const time = { type: Number, required: true };
const schema = new Schema<PayoutApprovalRow>(
  {
    _id: { type: String, required: true },
    approvedBy: { type: String, required: true },
    approvedAtMs: time,
    expiresAtMs: time,
    keptUntil: { type: Date, required: true },
  },
  { collection: 'payout_approvals', versionKey: false },
);
schema.index({ keptUntil: 1 }, { expireAfterSeconds: 0 });

/** The model of `payout_approvals` on one connection. */
export const payoutApprovalModel = (connection: Connection) =>
  connection.model<PayoutApprovalRow>('PayoutApproval', schema);
