import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { readKept, writeKept } from '../services/keptJson.ts';
import type { Environment } from './settings.ts';

/** Secrets of one sandbox; made once, so that tokens handed out stay good over a restart. */
export interface Secrets {
  readonly jwtSecret: string;
  readonly shkeeperApiKey: string;
  readonly payoutUser: string;
  readonly payoutPassword: string;
  readonly sessionSecret: string;
  readonly encryptionKeys: string;
  readonly trailSigningKey: string;
}

/** The secrets of a sandbox: those given in the environment, for the rest its own. */
export function secretsOf(directory: string, given: Environment): Secrets {
  const own = keepSecrets(directory);
  return {
    jwtSecret: given.JWT_SECRET || own.jwtSecret,
    shkeeperApiKey: given.SHKEEPER_API_KEY || own.shkeeperApiKey,
    payoutUser: given.SHKEEPER_PAYOUT_USER || own.payoutUser,
    payoutPassword: given.SHKEEPER_PAYOUT_PASSWORD || own.payoutPassword,
    sessionSecret: given.SESSION_SECRET || own.sessionSecret,
    encryptionKeys: given.ENCRYPTION_KEYS || own.encryptionKeys,
    trailSigningKey: given.TRAIL_SIGNING_KEY || own.trailSigningKey,
  };
}

function keepSecrets(directory: string): Secrets {
  const file = path.join(directory, 'secrets.json');
  const kept = readKept<Partial<Secrets>>(file) ?? {};
  const fresh = {
    jwtSecret: randomBytes(32).toString('hex'),
    shkeeperApiKey: randomBytes(16).toString('hex'),
    payoutUser: 'holdfast',
    payoutPassword: randomBytes(16).toString('hex'),
    sessionSecret: randomBytes(32).toString('hex'),
    encryptionKeys: `sandbox:${randomBytes(32).toString('base64')}`,
    trailSigningKey: randomBytes(32).toString('base64'),
  };
  // a folder of an earlier version keeps what it has and gets what is new
  const made = { ...fresh, ...kept };
  if (Object.keys(kept).length < Object.keys(made).length) writeKept(file, made);
  return made;
}
