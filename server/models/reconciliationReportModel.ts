import { type Connection, Schema, type Types } from 'mongoose';

/** One comparison of a night; amounts in base units. */
export interface ReconciliationRowFields {
  comparison: string;
  asset: string;
  outcome: string;
  reason: string;
  expected: Types.Decimal128 | null;
  found: Types.Decimal128 | null;
  difference: Types.Decimal128 | null;
  decimals: number | null;
}

/** What a night's reconciliation found; `_id` is the night. */
export interface ReconciliationReportRow {
  _id: string;
  startedAtMs: number;
  finishedAtMs: number;
  networks: { network: string; block: number | null; addresses: number }[];
  rows: ReconciliationRowFields[];
  expireAt: Date;
}

const text = { type: String, required: true };
const whole = { type: Number, required: true };
const amount = { type: Schema.Types.Decimal128, default: null };
const comparison = new Schema(
  {
    ...{ comparison: text, asset: text, outcome: text, reason: text },
    ...{ expected: amount, found: amount, difference: amount, decimals: { type: Number, default: null } },
  },
  { _id: false },
);
const network = new Schema({ network: text, block: { type: Number, default: null }, addresses: whole }, { _id: false });
const schema = new Schema<ReconciliationReportRow>(
  {
    _id: text,
    startedAtMs: whole,
    finishedAtMs: whole,
    networks: [network],
    rows: [comparison],
    expireAt: { type: Date, required: true },
  },
  { collection: 'reconciliation_reports', versionKey: false },
);
schema.index({ expireAt: 1 }, { expireAfterSeconds: 0 });

/** The model of `reconciliation_reports` on one connection. */
export const reconciliationReportModel = (connection: Connection) =>
  connection.model<ReconciliationReportRow>('ReconciliationReport', schema);
