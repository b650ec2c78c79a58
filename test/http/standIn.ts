import type { Express } from 'express';
import request from 'supertest';
import { createApp } from '../../server/app.ts';
import type { PurchaseRequest, SellerOffer } from '../../server/domain/trade.ts';
import type { Transition } from '../../server/domain/transition.ts';
import type { AppDeps, Commands, HttpSettings } from '../../server/http/appDeps.ts';
import type { ProviderDelivery } from '../../server/ports/deliveries.ts';
import type { IdempotencyStore, Role, Versioned } from '../../server/ports.ts';
import { createTokens } from '../../server/tokens.ts';
import { heard, plant } from '../support/canaries.ts';
import { buildTransition } from '../support/factories.ts';
import { pageOf } from '../support/pages.ts';

/** The clock of these tests stands still here. */
export const nowMs = Date.UTC(2026, 10, 21, 12);
export const webhookKey = plant('the webhook key of the stand-in', 'test-api-key-of-the-stand-in');
const tokens = createTokens({
  secret: plant('JWT_SECRET of the stand-in', 'the jwt secret of the stand-in app'),
  publicKey: '',
  issuer: 'holdfast',
  audience: 'holdfast',
});

/** An Authorization header for a user; ids of users name their role. */
export const bearer = (role: Role, userId = `${role}-1`) => `Bearer ${tokens.sign({ userId, role }, 600)}`;

/** Everything the stand-ins keep, open to the tests. */
export interface World {
  readonly app: Express;
  readonly calls: { readonly command: string; readonly input: unknown }[];
  readonly payments: Map<string, Versioned>;
  readonly transitions: Transition[];
  readonly requests: Map<string, PurchaseRequest>;
  readonly offers: SellerOffer[];
  readonly kept: ProviderDelivery[];
  readonly counted: string[];
  readonly logged: { readonly level: string; readonly fields: object; readonly message: string }[];
  /** A request that has its role's token already. */
  as(
    role: Role,
    userId?: string,
  ): {
    get(path: string): request.Test;
    post(path: string, body?: object, key?: string): request.Test;
    put(path: string, body?: object): request.Test;
  };
}
interface Overrides {
  readonly commands?: Partial<Commands>;
  readonly settings?: Partial<HttpSettings>;
  readonly deps?: Partial<AppDeps>;
}

function memoryIdempotency(): IdempotencyStore {
  const rows = new Map<string, { hash: string; answer: { status: number; body: string } | null }>();
  return {
    async begin(key, hash) {
      const row = rows.get(key);
      if (!row) {
        rows.set(key, { hash, answer: null });
        return { outcome: 'begun', fence: key };
      }
      if (row.hash !== hash) return { outcome: 'otherPayload' };
      return row.answer ? { outcome: 'stored', ...row.answer } : { outcome: 'running' };
    },
    async complete(key, _fence, answer) {
      const row = rows.get(key);
      if (row) row.answer = answer;
    },
    async release(key) {
      rows.delete(key);
    },
  };
}

/** Stands for the use cases: whatever a test does not expect to be called fails it by name. */
function recordingCommands(given: Partial<Commands>, calls: World['calls']): Commands {
  const unexpected = (command: string) => async () => {
    throw new Error(`${command} was not expected`);
  };
  return new Proxy(given as Commands, {
    get: (target, name) => {
      const command = String(name);
      const act = Reflect.get(target, name) ?? unexpected(command);
      return (...input: unknown[]) => {
        calls.push({ command, input: input.length === 1 ? input[0] : input });
        return Reflect.apply(act, undefined, input);
      };
    },
  });
}

function storesOf(
  world: Omit<World, 'app' | 'as'>,
): Pick<AppDeps, 'queries' | 'transitions' | 'marketplace' | 'providerEvents'> {
  const owns = (recorded: Versioned, userId: string | null) =>
    userId === null || [recorded.state.buyerId, recorded.state.sellerId].includes(userId);
  return {
    queries: {
      async payment(id, userId) {
        const recorded = world.payments.get(id);
        return recorded && owns(recorded, userId) ? recorded : null;
      },
      async payments({ buyerId, sellerId, userId, statuses, requestId, direction }, wanted) {
        const items = [...world.payments.values()].filter(
          ({ state }) =>
            (buyerId ?? state.buyerId) === state.buyerId &&
            (sellerId ?? state.sellerId) === state.sellerId &&
            (userId === undefined || [state.buyerId, state.sellerId].includes(userId)) &&
            (requestId ?? state.requestId) === state.requestId &&
            (direction ?? state.direction) === state.direction &&
            (statuses?.includes(state.status) ?? true),
        );
        return pageOf(items, wanted, ({ state, createdAtMs }) => ({ id: state.id, atMs: createdAtMs }));
      },
      async paymentByExternalId(externalId) {
        const found = [...world.payments.values()].find(
          ({ state }) => state.direction === 'out' && state.machine.externalId === externalId,
        );
        return found?.state.id ?? null;
      },
    },
    transitions: {
      async after(id, seq, limit) {
        return world.transitions.filter((entry) => entry.paymentId === id && entry.seq > seq).slice(0, limit);
      },
      async tail(id) {
        const recorded = world.payments.get(id);
        const told = world.transitions.findLast((entry) => entry.paymentId === id);
        if (recorded === undefined || told !== undefined) return told ?? null;
        const { state, seq, updatedAtMs } = recorded;
        return buildTransition({ paymentId: id, seq, state, atMs: updatedAtMs });
      },
    },
    marketplace: {
      request: async (id) => world.requests.get(id) ?? null,
      offer: async (id) => world.offers.find((offer) => offer.id === id) ?? null,
      hasOffer: async (id, userId) => world.offers.some((offer) => offer.requestId === id && offer.sellerId === userId),
      async listOffers({ requestId, sellerId }, wanted) {
        const items = world.offers.filter(
          (offer) => offer.requestId === requestId && (sellerId ?? offer.sellerId) === offer.sellerId,
        );
        return pageOf(items, wanted, ({ id, createdAtMs }) => ({ id, atMs: createdAtMs }));
      },
      async listRequests({ buyerId, status }, wanted) {
        const items = [...world.requests.values()].filter(
          (entry) => (buyerId ?? entry.buyerId) === entry.buyerId && (status ?? entry.status) === entry.status,
        );
        return pageOf(items, wanted, ({ id, createdAtMs }) => ({ id, atMs: createdAtMs }));
      },
    },
    providerEvents: {
      async keep(delivery) {
        world.kept.push(delivery);
      },
      async count(provider, outcome, reason) {
        world.counted.push(`${provider}:${outcome}:${reason}`);
      },
      stats: async () => ({}),
      list: async () => [],
    },
  };
}

/** Books in which nothing was ever posted. */
const emptyBooks: AppDeps['ledger'] = {
  paymentBalances: async () => ({ asOfSeq: 0, balances: [] }),
  statement: async () => [],
  partyBalances: async () => ({ balances: [], open: [], openTotal: 0 }),
  trialBalance: async () => [],
};

/** More than any test asks for. */
export const rateLimits = {
  anonymousPerMinute: 10_000,
  readPerMinute: 10_000,
  hintPerMinute: 10_000,
  createPerMinute: 10_000,
  moneyPerMinute: 10_000,
};
const settings: HttpSettings = {
  publicUrl: 'https://pay.example',
  webhookKeys: [webhookKey],
  webhookSources: null,
  ackStatus: 202,
  legacySignature: 'off',
  allowedOrigins: ['https://shop.example'],
  metrics: { token: '', open: true },
  stepUpRequired: false,
  invoicePollSeconds: 60,
  trustProxy: 0,
  rateLimits,
};

/** The real app over thin stand-ins, for tests whose subject is HTTP: status numbers, schemas, headers, who may what. */
export function standIn({ commands = {}, settings: own = {}, deps = {} }: Overrides = {}): World {
  const world: Omit<World, 'app' | 'as'> = {
    calls: [],
    payments: new Map(),
    transitions: [],
    requests: new Map(),
    offers: [],
    kept: [],
    counted: [],
    logged: [],
  };
  const log = (level: string) => (fields: object, message: string) =>
    void world.logged.push({ level, fields, message });
  const app = createApp({
    commands: recordingCommands(commands, world.calls),
    ...storesOf(world),
    idempotency: memoryIdempotency(),
    ledger: emptyBooks,
    watching: {
      finalized: async () => 0,
      cursor: async () => null,
      watched: async () => [],
      duePolls: async () => ({ count: 0, oldestMs: null }),
      ofPayment: async () => ({ work: [], watch: null }),
    },
    paymentReports: { sums: async () => [], async *each() {} },
    reports: { newest: async () => [] },
    metrics: { text: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: '' }) },
    gateway: { checksum: (address) => address, network: () => null, networks: () => [] },
    chain: {
      head: async () => ({ number: 20, hash: '', timeMs: nowMs, confirmed: 18, finalized: 15 }),
    },
    verifyToken: (token) => tokens.verify(token),
    trail: async () => undefined,
    knowServer: async () => {
      throw new Error('no server was expected');
    },
    apiKeys: { list: async () => [] },
    demandOpenSession: async () => undefined,
    development: { listCoins: async () => [], deliver: async () => ({ status: 202, body: '' }) },
    checks: {},
    logger: heard({ debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }),
    clock: { now: () => nowMs },
    crash: () => undefined,
    settings: { ...settings, ...own },
    ...deps,
  });
  const as: World['as'] = (role, userId) => {
    const header = bearer(role, userId);
    return {
      get: (path) => request(app).get(path).set('Authorization', header),
      put: (path, body) => request(app).put(path).set('Authorization', header).send(body),
      post: (path, body, key) => {
        const asked = request(app).post(path).set('Authorization', header);
        return (key === undefined ? asked : asked.set('Idempotency-Key', key)).send(body);
      },
    };
  };
  return { ...world, app, as };
}
