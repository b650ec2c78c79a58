import type {
  CursorStore,
  DueWork,
  IdempotencyStore,
  MarketplaceStore,
  ProviderEventStore,
  Queries,
  RelayStore,
  TransitionStore,
  WatchStore,
} from '../ports.ts';
import { type AuditLog, createAuditLog } from './auditLog.ts';
import { digest } from './codec.ts';
import { type ConnectionOptions, connect, type StoreConnection } from './connection.ts';
import { createCursorStore } from './cursors.ts';
import { createDueWork } from './dueWork.ts';
import { createIdempotencyStore } from './idempotency.ts';
import { createMarketplaceStore } from './marketplace.ts';
import { reachable } from './outage.ts';
import { createProviderEventStore } from './providerEvents.ts';
import { createQueries } from './queries.ts';
import { createRelayStore } from './relayStore.ts';
import { ensureTransitionSchema } from './transitionSchema.ts';
import { createTransitionStore } from './transitions.ts';
import { createWatchStore } from './watches.ts';

/** Everything the server keeps; each port over the same two connections. */
export interface Store {
  readonly transitions: TransitionStore;
  readonly relay: RelayStore;
  readonly dueWork: DueWork;
  readonly watches: WatchStore;
  readonly cursors: CursorStore;
  readonly providerEvents: ProviderEventStore;
  readonly idempotency: IdempotencyStore;
  readonly marketplace: MarketplaceStore;
  readonly queries: Queries;
  readonly audit: AuditLog;
  /** sha256 of a value's canonical text; the coordinator links histories with it. */
  readonly digest: (value: unknown) => string;
  /** Answers when the database does; throws `busy` otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Connects, makes sure that collections, validator and indexes exist, and hands out the ports. */
export async function createStore(options: ConnectionOptions): Promise<Store> {
  const connection = await connect(options);
  try {
    const store = portsOver(connection);
    await ensureSchema(connection);
    return store;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function portsOver(connection: StoreConnection): Store {
  const { database, mongoose } = connection;
  return {
    transitions: createTransitionStore(database),
    relay: createRelayStore(database),
    dueWork: createDueWork(mongoose),
    watches: createWatchStore(mongoose),
    cursors: createCursorStore(mongoose),
    providerEvents: createProviderEventStore(mongoose),
    idempotency: createIdempotencyStore(mongoose),
    marketplace: createMarketplaceStore(mongoose),
    queries: createQueries(mongoose),
    audit: createAuditLog(mongoose),
    digest,
    ping: () => reachable(async () => void (await database.command({ ping: 1 }))),
    close: connection.close,
  };
}

/** Creates what is missing in the database; repeatable, also by several processes that start at once. */
async function ensureSchema({ database, mongoose }: StoreConnection): Promise<void> {
  await ensureTransitionSchema(database);
  await Promise.all(Object.values(mongoose.models).map((model) => model.createIndexes()));
}
