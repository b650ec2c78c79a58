import { type Connection, Schema } from 'mongoose';

/** A row of work that is due; `again` says that it was asked for once more while somebody worked on it; `holder` is the last taking. */
export interface DueWorkRow {
  _id: string;
  kind: string;
  paymentId: string;
  atMs: number;
  leaseUntilMs: number;
  attempts: number;
  again: boolean;
  holder?: string;
}

const text = { type: String, required: true };
const whole = { type: Number, required: true };
const schema = new Schema<DueWorkRow>(
  {
    _id: text,
    kind: text,
    paymentId: text,
    atMs: whole,
    leaseUntilMs: whole,
    attempts: whole,
    again: { type: Boolean, required: true },
    holder: String,
  },
  { collection: 'due_work', versionKey: false },
);
schema.index({ kind: 1, atMs: 1 });

/** The model of `due_work` on one connection. */
export const dueWorkModel = (connection: Connection) => connection.model<DueWorkRow>('DueWork', schema);
