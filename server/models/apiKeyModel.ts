import { type Connection, Schema } from 'mongoose';

/** A server's key; the secret is sealed. */
export interface ApiKeyRow {
  _id: string;
  name: string;
  scopes: string[];
  createdBy: string;
  createdAtMs: number;
  expiresAtMs: number | null;
  revokedAtMs: number | null;
  lastUsedAtMs: number | null;
  sealedSecret: string;
}

const text = { type: String, required: true };
const time = { type: Number, default: null };
const schema = new Schema<ApiKeyRow>(
  {
    _id: text,
    name: text,
    scopes: { type: [String], required: true },
    createdBy: text,
    createdAtMs: { type: Number, required: true },
    expiresAtMs: time,
    revokedAtMs: time,
    lastUsedAtMs: time,
    sealedSecret: text,
  },
  { collection: 'api_keys', versionKey: false },
);
schema.index({ createdAtMs: -1, _id: -1 });
schema.index({ revokedAtMs: 1 });

/** The model of `api_keys` on one connection. */
export const apiKeyModel = (connection: Connection) => connection.model<ApiKeyRow>('ApiKey', schema);
