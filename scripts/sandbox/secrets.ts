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
}

/** The secrets of a sandbox: those given in the environment, for the rest its own. */
export function secretsOf(directory: string, given: Environment): Secrets {
  const own = keepSecrets(directory);
  return {
    jwtSecret: given.JWT_SECRET || own.jwtSecret,
    shkeeperApiKey: given.SHKEEPER_API_KEY || own.shkeeperApiKey,
    payoutUser: given.SHKEEPER_PAYOUT_USER || own.payoutUser,
    payoutPassword: given.SHKEEPER_PAYOUT_PASSWORD || own.payoutPassword,
  };
}

function keepSecrets(directory: string): Secrets {
  const file = path.join(directory, 'secrets.json');
  const kept = readKept<Secrets>(file);
  if (kept) return kept;
  const made = {
    jwtSecret: randomBytes(32).toString('hex'),
    shkeeperApiKey: randomBytes(16).toString('hex'),
    payoutUser: 'holdfast',
    payoutPassword: randomBytes(16).toString('hex'),
  };
  writeKept(file, made);
  return made;
}
