import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { Secret, TOTP } from 'otpauth';
import { createAdminUsers } from '../../server/commands/adminUsers.ts';
import { loadConfig } from '../../server/config.ts';
import { identityOf, identityPartsOf } from '../../server/deps/identity.ts';
import { AppError } from '../../server/errors.ts';
import { createTokens } from '../../server/tokens.ts';
import { plant, plantAll } from '../support/canaries.ts';
import { createTestClock } from '../support/clock.ts';
import { createTestLogger, randomIds } from '../support/factories.ts';
import { openTestStore } from '../support/mongo.ts';

/** A key as ENCRYPTION_KEYS names it. */
export const newKey = (kid: string) => `${kid}:${plant('an ENCRYPTION_KEY', randomBytes(32).toString('base64'))}`;
export const encryptionKeys = newKey('k1');
export const password = plant('the password of an admin', 'canary-password-of-anna');
/** One address and one client, where a test does not care. */
export const from = { address: '192.0.2.1' };
export const client = 'a-client';

/** The code that an app shows at a time. */
export const codeAt = (seed: string, ms: number) =>
  new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: ms });

/** The refusal of a call, which must be one. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'nothing';
}

const environment = (keys: string) => ({
  ...{ NODE_ENV: 'test', JWT_SECRET: 'a marketplace secret of tests, long enough', ENCRYPTION_KEYS: keys },
  SESSION_SECRET: 'a session secret of tests, long enough too',
});

/** Admin users on a real database, with a clock that tests move. */
export async function openIdentityWorld() {
  const opened = await openTestStore();
  const clock = createTestClock();
  const { logger, lines } = createTestLogger();
  const { JWT_SECRET: secret, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = loadConfig(environment(encryptionKeys));
  const marketplace = createTokens({ secret, publicKey: '', issuer, audience });
  const given = (keys: string) => ({
    ...{ config: loadConfig(environment(keys)), store: opened.store, clock, ids: randomIds, logger },
  });
  const parts = identityPartsOf(given(encryptionKeys));
  const admins = createAdminUsers(parts);
  const withKeys = (keys: string) => identityOf({ ...given(keys), verifyMarketplace: marketplace.verify });
  const identity = withKeys(encryptionKeys);
  let users = 0;

  /** A user without a second factor; the seed waits for its first code. */
  async function newUser() {
    users += 1;
    const name = `anna-${users}`;
    const { id, address } = await admins.create({ name, role: 'admin', password });
    return { id, name, seed: plant('a TOTP seed', new URL(address).searchParams.get('secret') ?? '') };
  }
  const logIn = (name: string, more: object = {}) =>
    identity.commands.openSession({ name, password, ...from, ...more });
  const bearerOf = (token: string) => identity.verify(token);

  /** A user with a confirmed second factor, and a session of his. */
  async function newAdmin() {
    const user = await newUser();
    const session = await logIn(user.name);
    const bearer = bearerOf(session.access.token);
    const { backupCodes } = await identity.commands.confirmFactor({ bearer, code: codeAt(user.seed, clock.now()) });
    expect(backupCodes).to.have.length(10);
    plantAll({ backupCodes, refreshToken: session.refreshToken });
    // the code of this step is used up
    clock.advance(30_000);
    return { ...user, bearer, backupCodes, refreshToken: session.refreshToken };
  }

  return {
    ...{ opened, clock, lines, parts, admins, identity, withKeys, newUser, newAdmin, logIn, bearerOf, marketplace },
    commands: identity.commands,
    raw: (collection: string) => opened.database.collection<{ _id: string }>(collection),
    close: opened.close,
  };
}
export type IdentityWorld = Awaited<ReturnType<typeof openIdentityWorld>>;
