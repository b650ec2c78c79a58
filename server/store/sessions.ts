import type { Connection } from 'mongoose';
import { adminSessionModel, refreshTokenModel } from '../models/adminSessionModel.ts';
import type { RefreshToken, Session, SessionStore } from '../ports/identity.ts';
import { refusingWhenDown } from './outage.ts';
import { plainValues } from './plainValues.ts';

/** Sessions of admin users and their refresh tokens on MongoDB; rows end by themselves when their time is over. */
export function createSessionStore(connection: Connection): SessionStore {
  const sessions = adminSessionModel(connection);
  const tokens = refreshTokenModel(connection);
  const addToken = async ({ id, expiresAtMs }: Session, hash: string) => {
    await tokens.create([{ _id: hash, sessionId: id, expiresAt: new Date(expiresAtMs) }]);
  };

  return refusingWhenDown({
    addToken,
    async open(session: Session, tokenHash: string) {
      const { id, expiresAtMs, ...rest } = session;
      await sessions.create([{ _id: id, expiresAt: new Date(expiresAtMs), ...rest }]);
      await addToken(session, tokenHash);
    },
    async session(id: string) {
      const row = await sessions.findById(id, null, plainValues).lean();
      if (row === null) return null;
      const { userId, createdAtMs, endedAtMs, expiresAt } = row;
      return { id, userId, createdAtMs, endedAtMs, expiresAtMs: expiresAt.getTime() };
    },
    async token(hash: string) {
      const row = await tokens.findById(hash, null, plainValues).lean();
      if (row === null) return null;
      const { sessionId, usedAtMs, usedBy, next } = row;
      return { hash, sessionId, usedAtMs, usedBy, next };
    },
    async spend({ hash, ...use }: Omit<RefreshToken, 'sessionId' | 'usedAtMs'> & { readonly usedAtMs: number }) {
      return (await tokens.updateOne({ _id: hash, usedAtMs: null }, { $set: use }, plainValues)).matchedCount === 1;
    },
    async end(id: string, atMs: number, why: string) {
      const set = { endedAtMs: atMs, endedBy: why };
      return (await sessions.updateOne({ _id: id, endedAtMs: null }, { $set: set }, plainValues)).matchedCount === 1;
    },
    async endAllOf(userId: string, atMs: number, why: string, except = '') {
      const open = { userId, endedAtMs: null, _id: { $ne: except } };
      await sessions.updateMany(open, { $set: { endedAtMs: atMs, endedBy: why } });
    },
  });
}
