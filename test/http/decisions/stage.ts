import { createAdminUsers } from '../../../server/commands/adminUsers.ts';
import { loadConfig } from '../../../server/config.ts';
import { identityPartsOf } from '../../../server/deps/identity.ts';
import { type ApiKeyScope, apiKeyScopes } from '../../../server/ports/apiKeys.ts';
import type { Actor, Role } from '../../../server/ports.ts';
import { codeAt, newKey } from '../../identity/identityWorld.ts';
import { plant } from '../../support/canaries.ts';
import { createTestClock } from '../../support/clock.ts';
import { buildTransition, createTestLogger, randomIds } from '../../support/factories.ts';
import { uniqueDatabase } from '../../support/services.ts';
import { openTestApp, type TestApp } from '../../support/testApp.ts';
import { machine, payoutState } from '../records.ts';

/** Everybody who may call, in the order of the table. */
export const callers = [
  ...(['anonymous', 'buyer', 'other buyer', 'seller', 'other seller'] as const),
  ...(['admin', 'admin without step-up', 'auditor', 'key with the scope', 'key without the scope'] as const),
] as const;
export type Caller = (typeof callers)[number];

/** A payment that waits for its money, a payout, and a second request that nobody has paid for, all of one buyer and one seller. */
export interface Trade {
  readonly buyerId: string;
  readonly sellerId: string;
  readonly requestId: string;
  readonly offerId: string;
  readonly paymentId: string;
  readonly externalId: string;
  readonly payoutId: string;
  readonly open: { readonly requestId: string; readonly offerId: string };
}

export interface Key {
  readonly id: string;
  readonly secret: string;
}

/** The real app with own admins, keys and the tools of development; money demands a second factor. */
export interface DecisionStage {
  readonly app: TestApp;
  trade(n: number): Promise<Trade>;
  /** What one who calls with a token sends in the Authorization header; null for all others. */
  tokenOf(caller: Caller, trade: Trade): string | null;
  /** A key with this scope alone (without one: with all), and one with all the others. */
  keyOf(scope: ApiKeyScope | undefined, has: boolean): Key;
  /** A key that nothing is signed with. */
  readonly spareKey: Key;
}

const password = plant('the password of an admin', 'a password of an admin in tests');
const allScopes = 'all';

async function post(app: TestApp, path: string, body: object, token: string) {
  const headers = { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
  const answer = await fetch(app.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const { data, detail } = (await answer.json()) as { data?: Record<string, unknown>; detail?: string };
  if (data === undefined) throw new Error(`${path} answered ${answer.status}: ${detail}`);
  return data;
}

/** An admin of our own with and without his second factor, and an auditor of our own. */
async function openSessions(app: TestApp, settings: Readonly<Record<string, string>>) {
  const config = loadConfig({ JWT_SECRET: 'j'.repeat(32), ...settings });
  const clock = createTestClock(Date.now());
  const parts = { config, store: app.deps.store, clock, ids: randomIds, logger: createTestLogger().logger };
  const users = createAdminUsers(identityPartsOf(parts));
  const { address } = await users.create({ name: 'anna', role: 'admin', password });
  await users.create({ name: 'otto', role: 'auditor', password });
  const tokenOf = async (name: string) =>
    String((await post(app, '/api/payment/v1/sessions', { name, password }, '')).accessToken);
  const seed = plant('a TOTP seed', new URL(address).searchParams.get('secret') ?? '');
  const [plain, auditor] = [await tokenOf('anna'), await tokenOf('otto')];
  const code = codeAt(seed, Date.now());
  const { accessToken } = await post(app, '/api/payment/v1/second-factor/confirm', { code }, plain);
  return { plain, auditor, fresh: String(accessToken) };
}

async function openKeys(app: TestApp, token: string) {
  const keys = new Map<string, Key>();
  const issue = async (name: string, scopes: readonly ApiKeyScope[]) => {
    const { id, secret } = await post(app, '/api/payment/v1/api-keys', { name, scopes, expiresInDays: 1 }, token);
    keys.set(name, { id: String(id), secret: plant('the secret of an API key', String(secret)) });
  };
  await issue(allScopes, apiKeyScopes);
  await issue('spare', apiKeyScopes);
  for (const scope of apiKeyScopes) {
    await issue(`only ${scope}`, [scope]);
    const others = apiKeyScopes.filter((one) => one !== scope);
    await issue(`all but ${scope}`, others);
  }
  return (name: string): Key => {
    const key = keys.get(name);
    if (key === undefined) throw new Error(`there is no key ${name}`);
    return key;
  };
}

async function makeTrade({ deps: { useCases, store } }: TestApp, n: number): Promise<Trade> {
  const buyer: Actor = { userId: `buyer-${n}`, role: 'buyer' };
  const seller: Actor = { userId: `seller-${n}`, role: 'seller' };
  const offered = async () => {
    const { id: requestId } = await useCases.postRequest({ actor: buyer, title: 'A bicycle', description: '' });
    const { id: offerId } = await useCases.placeOffer({ actor: seller, requestId, amount: '100' });
    return { requestId, offerId };
  };
  const [paid, open] = [await offered(), await offered()];
  const { state } = await useCases.openIntent({
    ...{ actor: buyer, purchaseRequestId: paid.requestId, sellerOfferId: paid.offerId, sellerId: seller.userId },
    ...{ amount: '100', token: 'USDT', network: 'bsc' },
  });
  const payoutId = n.toString(16).padStart(24, 'e');
  const out = payoutState({
    ...{ id: payoutId, buyerId: buyer.userId, sellerId: seller.userId, source: { paymentId: state.id, n: 0 } },
    machine: machine({ externalId: payoutId, taskId: `task-${n}` }),
  });
  const opened = buildTransition({ state: out });
  await store.transitions.append([opened]);
  await store.transitions.project(opened);
  const externalId = state.provider?.externalId ?? '';
  return { ...paid, open, buyerId: buyer.userId, sellerId: seller.userId, paymentId: state.id, externalId, payoutId };
}

/** Opens the stage; who opens it closes its app. */
export async function openDecisionStage(): Promise<DecisionStage> {
  const settings = {
    ...{ MONGODB_URI: uniqueDatabase('decisions').uri, ENCRYPTION_KEYS: newKey('k1'), ADMIN_STEP_UP: 'required' },
    ...{ SESSION_SECRET: 'a session secret of tests, long enough too', DEVELOPMENT_ROUTES: 'on' },
    // Nothing happens by itself, so that an answer depends on its call alone.
    ...{ METRICS_TOKEN: 'a token that no caller of the table has', ROLES: 'web', TRUST_PROXY: '1' },
  };
  const app = await openTestApp(settings);
  try {
    return await furnish(app, settings);
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function furnish(app: TestApp, settings: Readonly<Record<string, string>>): Promise<DecisionStage> {
  const sessions = await openSessions(app, settings);
  const keyNamed = await openKeys(app, sessions.fresh);
  const user = (role: Role, userId: string) => app.bearer(role, userId);
  return {
    app,
    trade: (n) => makeTrade(app, n),
    tokenOf(caller, { buyerId, sellerId }) {
      const tokens: Partial<Record<Caller, string>> = {
        ...{ buyer: user('buyer', buyerId), 'other buyer': user('buyer', 'somebody-else') },
        ...{ seller: user('seller', sellerId), 'other seller': user('seller', 'somebody-else-too') },
        ...{ admin: `Bearer ${sessions.fresh}`, 'admin without step-up': `Bearer ${sessions.plain}` },
        auditor: `Bearer ${sessions.auditor}`,
      };
      return tokens[caller] ?? null;
    },
    keyOf(scope, has) {
      return keyNamed(scope === undefined ? allScopes : has ? `only ${scope}` : `all but ${scope}`);
    },
    spareKey: keyNamed('spare'),
  };
}
