import { type Connection, Schema } from 'mongoose';

/** One admin user; seeds are sealed, the password and backup codes hashed. */
export interface AdminUserRow {
  _id: string;
  name: string;
  role: 'admin' | 'auditor';
  passwordHash: string;
  isDisabled: boolean;
  seed: string | null;
  pendingSeed: string | null;
  pendingAtMs: number;
  backupCodes: string[];
  createdAtMs: number;
}

/** A time step whose code was used; `_id` = `totp:<user>:<step>`. */
export interface UsedStepRow {
  _id: string;
  expiresAt: Date;
}

const text = { type: String, required: true };
const whole = { type: Number, required: true };
const seed = { type: String, default: null };
const users = new Schema<AdminUserRow>(
  {
    ...{ _id: text, name: text, passwordHash: text, seed, pendingSeed: seed, pendingAtMs: whole, createdAtMs: whole },
    role: { type: String, enum: ['admin', 'auditor'], required: true },
    isDisabled: { type: Boolean, required: true },
    backupCodes: [String],
  },
  { collection: 'admin_users', versionKey: false },
);
users.index({ name: 1 }, { unique: true });

const steps = new Schema<UsedStepRow>(
  { _id: text, expiresAt: { type: Date, required: true } },
  { collection: 'used_steps', versionKey: false },
);
steps.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

/** The model of `admin_users` on one connection. */
export const adminUserModel = (connection: Connection) => connection.model<AdminUserRow>('AdminUser', users);
/** The model of `used_steps` on one connection. */
export const usedStepModel = (connection: Connection) => connection.model<UsedStepRow>('UsedStep', steps);
