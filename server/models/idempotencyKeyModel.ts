import { type Connection, Schema } from 'mongoose';

/** One HTTP idempotency key; `_id` is principal, route and key. */
export interface IdempotencyKeyRow {
  _id: string;
  requestHash: string;
  state: 'running' | 'complete';
  /** Names whoever holds the key; nobody else may complete or free it. */
  fence: string;
  startedAtMs: number;
  status?: number;
  body?: string;
  expiresAt: Date;
}

const text = { type: String, required: true };
const schema = new Schema<IdempotencyKeyRow>(
  {
    _id: text,
    requestHash: text,
    state: { type: String, enum: ['running', 'complete'], required: true },
    fence: text,
    startedAtMs: { type: Number, required: true },
    status: Number,
    body: String,
    expiresAt: { type: Date, required: true },
  },
  { collection: 'idempotency_keys', versionKey: false },
);
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

/** The model of `idempotency_keys` on one connection. */
export const idempotencyKeyModel = (connection: Connection) =>
  connection.model<IdempotencyKeyRow>('IdempotencyKey', schema);
