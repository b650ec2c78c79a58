import { type Connection, Schema } from 'mongoose';

/** One log-in of an admin user: the family of everything that is refreshed from it. */
export interface AdminSessionRow {
  _id: string;
  userId: string;
  createdAtMs: number;
  expiresAt: Date;
  endedAtMs: number | null;
  endedBy: string;
}

/** A refresh token; `_id` is its sha256. */
export interface RefreshTokenRow {
  _id: string;
  sessionId: string;
  usedAtMs: number | null;
  usedBy: string;
  next: string;
  expiresAt: Date;
}

const text = { type: String, required: true };
const word = { type: String, default: '' };
const time = { type: Number, default: null };
const end = { type: Date, required: true };
const sessions = new Schema<AdminSessionRow>(
  {
    ...{ _id: text, userId: text, createdAtMs: { type: Number, required: true } },
    ...{ expiresAt: end, endedAtMs: time, endedBy: word },
  },
  { collection: 'admin_sessions', versionKey: false },
);
sessions.index({ userId: 1 });
sessions.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

const tokens = new Schema<RefreshTokenRow>(
  { _id: text, sessionId: text, usedAtMs: time, usedBy: word, next: word, expiresAt: end },
  { collection: 'refresh_tokens', versionKey: false },
);
tokens.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

/** The model of `admin_sessions` on one connection. */
export const adminSessionModel = (connection: Connection) =>
  connection.model<AdminSessionRow>('AdminSession', sessions);
/** The model of `refresh_tokens` on one connection. */
export const refreshTokenModel = (connection: Connection) => connection.model<RefreshTokenRow>('RefreshToken', tokens);
