import type { Connection } from 'mongoose';
import { type AdminUserRow, adminUserModel, usedStepModel } from '../models/adminUserModel.ts';
import type { AdminUser, AdminUserStore } from '../ports/identity.ts';
import { isDuplicateKey, refusingWhenDown } from './outage.ts';
import { plainValues } from './plainValues.ts';

const asUser = ({ _id, ...rest }: AdminUserRow): AdminUser => ({ id: _id, ...rest });

/** An insert's word on who was first. */
async function isFirst(insert: () => Promise<unknown>): Promise<boolean> {
  try {
    await insert();
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Admin users on MongoDB. */
export function createAdminUserStore(connection: Connection): AdminUserStore {
  const users = adminUserModel(connection);
  const steps = usedStepModel(connection);
  const change = async (id: string, fields: Partial<AdminUserRow>) => {
    await users.updateOne({ _id: id }, { $set: fields }, plainValues);
  };

  return refusingWhenDown({
    insert: ({ id, backupCodes, ...rest }: AdminUser) =>
      isFirst(() => users.create([{ _id: id, backupCodes: [...backupCodes], ...rest }])),
    async byName(name: string) {
      const row = await users.findOne({ name }, null, plainValues).lean();
      return row && asUser(row);
    },
    async byId(id: string) {
      const row = await users.findById(id, null, plainValues).lean();
      return row && asUser(row);
    },
    list: async (limit: number) => (await users.find().sort({ name: 1 }).limit(limit).lean()).map(asUser),
    setDisabled: (id: string, isDisabled: boolean) => change(id, { isDisabled }),
    setPassword: (id: string, passwordHash: string) => change(id, { passwordHash }),
    setPending: (id: string, pendingSeed: string, pendingAtMs: number) => change(id, { pendingSeed, pendingAtMs }),
    async confirm(id: string, pendingSeed: string, factor: { seed: string; backupCodes: readonly string[] }) {
      const fields = { seed: factor.seed, pendingSeed: null, backupCodes: [...factor.backupCodes] };
      return (await users.updateOne({ _id: id, pendingSeed }, { $set: fields }, plainValues)).matchedCount === 1;
    },
    dropFactor: (id: string) => change(id, { seed: null, pendingSeed: null, backupCodes: [] }),
    async spendBackupCode(id: string, hash: string) {
      const spent = await users.updateOne(
        { _id: id, backupCodes: hash },
        { $pull: { backupCodes: hash } },
        plainValues,
      );
      return spent.modifiedCount === 1;
    },
    claimStep: (id: string, step: number, untilMs: number) =>
      isFirst(() => steps.create([{ _id: `totp:${id}:${step}`, expiresAt: new Date(untilMs) }])),
  });
}
