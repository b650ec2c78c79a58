import { type Connection, Schema } from 'mongoose';

/** Tries under one name within a sliding time. */
export interface AttemptRow {
  _id: string;
  tries: { id: string; atMs: number }[];
  expiresAt: Date;
}

const schema = new Schema<AttemptRow>(
  {
    _id: { type: String, required: true },
    tries: [{ _id: false, id: String, atMs: Number }],
    expiresAt: { type: Date, required: true },
  },
  { collection: 'attempts', versionKey: false },
);
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

/** The model of `attempts` on one connection. */
export const attemptModel = (connection: Connection) => connection.model<AttemptRow>('Attempt', schema);
