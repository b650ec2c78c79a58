import type { Connection } from 'mongoose';
import { type ApiKeyRow, apiKeyModel } from '../models/apiKeyModel.ts';
import type { ApiKey, ApiKeyStore } from '../ports/apiKeys.ts';
import { isDuplicateKey, refusingWhenDown } from './outage.ts';
import { plainValues } from './plainValues.ts';

/** Live keys of one installation; a person has to be able to look through them. */
const liveMax = 100;

const toKey = ({ _id, scopes, ...rest }: ApiKeyRow): ApiKey => ({
  ...rest,
  id: _id,
  scopes: scopes as ApiKey['scopes'][number][],
});

/** Keys of servers on MongoDB. */
export function createApiKeyStore(connection: Connection): ApiKeyStore {
  const rows = apiKeyModel(connection);
  return refusingWhenDown({
    async insert({ id, scopes, ...rest }: ApiKey) {
      // Two that are issued at once may pass together; the bound is for people, not for safety.
      if ((await rows.countDocuments({ revokedAtMs: null }, { limit: liveMax })) >= liveMax) return 'tooMany' as const;
      try {
        await rows.create({ ...rest, _id: id, scopes: [...scopes] });
        return 'kept' as const;
      } catch (error) {
        if (isDuplicateKey(error)) return 'sameId' as const;
        throw error;
      }
    },
    async find(id: string) {
      const row = await rows.findById(id, null, plainValues).lean();
      return row === null ? null : toKey(row);
    },
    async list(limit: number) {
      return (await rows.find().sort({ createdAtMs: -1, _id: -1 }).limit(limit).lean()).map(toKey);
    },
    async revoke(id: string, atMs: number) {
      await rows.updateOne({ _id: id, revokedAtMs: null }, { $set: { revokedAtMs: atMs } }, plainValues);
      const row = await rows.findById(id, null, plainValues).lean();
      return row === null ? null : toKey(row);
    },
    async touch(id: string, atMs: number, notSinceMs: number) {
      const stale = { $or: [{ lastUsedAtMs: null }, { lastUsedAtMs: { $lte: notSinceMs } }] };
      await rows.updateOne({ _id: id, ...stale }, { $set: { lastUsedAtMs: atMs } });
    },
  });
}
