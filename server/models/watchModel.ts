import { type Connection, Schema } from 'mongoose';

/** What the monitors watch for one payment; `_id` is the payment. */
export interface WatchRow {
  _id: string;
  chainId: number;
  addresses: { address: string; custody: 'provider' | 'contract' }[];
  termsId: string;
  hotWallet: string | null;
  fromBlock: number;
  untilMs: number;
}

const text = { type: String, required: true };
const whole = { type: Number, required: true };
const watched = new Schema(
  { address: text, custody: { type: String, enum: ['provider', 'contract'], required: true } },
  { _id: false },
);
const schema = new Schema<WatchRow>(
  {
    _id: text,
    chainId: whole,
    addresses: [watched],
    termsId: text,
    hotWallet: String,
    fromBlock: whole,
    untilMs: whole,
  },
  { collection: 'watches', versionKey: false },
);
schema.index({ chainId: 1, _id: 1 });
schema.index({ termsId: 1 });

/** The model of `watches` on one connection. */
export const watchModel = (connection: Connection) => connection.model<WatchRow>('Watch', schema);
