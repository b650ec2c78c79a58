import { type Connection, Schema } from 'mongoose';

/** Where the scanner of one chain stands; `_id` is the chain id. */
export interface ChainCursorRow {
  _id: number;
  blockNumber: number;
  recent: { number: number; hash: string }[];
  /** Hash of the whole cursor, so that two scanners cannot both move it from the same place. */
  digest: string;
}

const whole = { type: Number, required: true };
const text = { type: String, required: true };
const schema = new Schema<ChainCursorRow>(
  {
    _id: whole,
    blockNumber: whole,
    recent: [new Schema({ number: whole, hash: text }, { _id: false })],
    digest: text,
  },
  { collection: 'chain_cursors', versionKey: false },
);

/** The model of `chain_cursors` on one connection. */
export const chainCursorModel = (connection: Connection) => connection.model<ChainCursorRow>('ChainCursor', schema);
