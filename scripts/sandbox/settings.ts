import path from 'node:path';
import type { LocalDeployment } from '../deployLocal.ts';
import type { Secrets } from './secrets.ts';

/** Everything a demo or a test needs to play against a running sandbox; kept in `sandbox.json`. */
export interface SandboxInfo {
  readonly apiUrl: string;
  readonly jwtSecret: string;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  readonly mongodbUri: string;
  readonly redisUrl: string;
  readonly chainUrl: string;
  readonly simulatorUrl: string;
  readonly shkeeperApiKey: string;
  readonly networksFile: string;
  readonly deployment: LocalDeployment;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the sandbox says unless the person's environment says otherwise. */
export function sandboxDefaults(info: SandboxInfo, secrets: Secrets, directory: string): Record<string, string> {
  return {
    NODE_ENV: 'development',
    DEVELOPMENT_ROUTES: 'on',
    HOST: '127.0.0.1',
    PUBLIC_URL: info.apiUrl,
    MONGODB_URI: info.mongodbUri,
    REDIS_URL: info.redisUrl,
    JWT_SECRET: info.jwtSecret,
    JWT_ISSUER: info.jwtIssuer,
    JWT_AUDIENCE: info.jwtAudience,
    SESSION_SECRET: secrets.sessionSecret,
    ENCRYPTION_KEYS: secrets.encryptionKeys,
    TRAIL_SIGNING_KEY: secrets.trailSigningKey,
    NETWORKS_FILE: info.networksFile,
    SHKEEPER_URL: info.simulatorUrl,
    SHKEEPER_API_KEY: info.shkeeperApiKey,
    SHKEEPER_PAYOUT_USER: secrets.payoutUser,
    SHKEEPER_PAYOUT_PASSWORD: secrets.payoutPassword,
    // the simulator moves every second, the real server every minute
    SHKEEPER_POLL_SECONDS: '5',
    TERMS_ARCHIVE: path.join(directory, 'terms'),
  };
}

/** Lays the given environment over the defaults; an empty value counts as not given. */
export function withDefaults(defaults: Record<string, string>, given: Environment): Environment {
  const named = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
  return { ...defaults, ...Object.fromEntries(named) };
}
