import type { Collection, IndexDescription } from 'mongodb';
import type { Transition } from '../domain/transition.ts';
import { type PaymentRow, paymentModel } from '../models/paymentModel.ts';
import type { ApiKeyStore } from '../ports/apiKeys.ts';
import type { AuditedBooks } from '../ports/audit.ts';
import type { AuditTrail } from '../ports/auditTrail.ts';
import type { Backlogs } from '../ports/backlogs.ts';
import type { LedgerStore } from '../ports/books.ts';
import type { ProviderEventStore } from '../ports/deliveries.ts';
import type { AdminUserStore, Attempts, SealedFields, SessionStore } from '../ports/identity.ts';
import type { PaymentReports } from '../ports/paymentReads.ts';
import type { PayoutApprovals } from '../ports/payouts.ts';
import type { ReconciliationReports, WatchedAddresses } from '../ports/reconciliation.ts';
import type { PaymentWork } from '../ports/watching.ts';
import type {
  CursorStore,
  DueWork,
  IdempotencyStore,
  MarketplaceStore,
  Queries,
  RelayStore,
  TailHints,
  TransitionStore,
  WatchStore,
} from '../ports.ts';
import { createAdminUserStore } from './adminUsers.ts';
import { createApiKeyStore } from './apiKeys.ts';
import { createAttempts } from './attempts.ts';
import { createAuditedBooks } from './auditedBooks.ts';
import { type AuditLog, createAuditLog } from './auditLog.ts';
import { createAuditTrail } from './auditTrail.ts';
import { createBacklogs } from './backlogs.ts';
import { digest } from './codec.ts';
import {
  type ConnectionOptions,
  connect,
  connectForReports,
  connectForSetup,
  type StoreConnection,
} from './connection.ts';
import { createCursorStore } from './cursors.ts';
import { createDueWork } from './dueWork.ts';
import { createIdempotencyStore } from './idempotency.ts';
import { createLedgerStore } from './ledger.ts';
import { createMarketplaceStore } from './marketplace.ts';
import { reachable } from './outage.ts';
import { createPaymentLists } from './paymentLists.ts';
import { createPaymentReports } from './paymentReports.ts';
import { createPaymentWork } from './paymentWork.ts';
import { createPayoutApprovals } from './payoutApprovals.ts';
import { createProviderEventStore } from './providerEvents.ts';
import { createQueries } from './queries.ts';
import { createRebuildMark } from './rebuildMark.ts';
import { createReconciliationReports, createWatchedAddresses } from './reconciliation.ts';
import { createRelayStore } from './relayStore.ts';
import { createSealedFields } from './sealedFields.ts';
import { createSessionStore } from './sessions.ts';
import { ensureTransitionSchema } from './transitionSchema.ts';
import { createTransitionLog } from './transitions.ts';
import { createWatchStore } from './watches.ts';

/** Everything the server keeps; each port over the same two connections. */
export interface Store {
  readonly transitions: TransitionStore;
  readonly hints: TailHints;
  /** Writes a transition's row of `payments` unless this process has written it before. */
  readonly projectOnce: (transition: Transition) => Promise<void>;
  /** Ends when the rows of `payments` that this process has on their way are written or given up. */
  readonly copied: () => Promise<void>;
  readonly relay: RelayStore;
  readonly dueWork: DueWork;
  readonly watches: WatchStore;
  readonly cursors: CursorStore;
  readonly providerEvents: ProviderEventStore;
  readonly idempotency: IdempotencyStore;
  readonly marketplace: MarketplaceStore;
  readonly queries: Queries;
  readonly apiKeys: ApiKeyStore;
  readonly payoutApprovals: PayoutApprovals;
  readonly paymentReports: PaymentReports;
  readonly paymentWork: (paymentId: string) => Promise<PaymentWork>;
  readonly audit: AuditLog;
  readonly trail: AuditTrail;
  readonly auditedBooks: AuditedBooks;
  readonly backlogs: Backlogs;
  readonly ledger: LedgerStore;
  readonly reconciliation: ReconciliationReports;
  readonly watched: WatchedAddresses;
  /** Admin users of our own. */
  readonly identity: {
    readonly users: AdminUserStore;
    readonly sessions: SessionStore;
    readonly attempts: Attempts;
    readonly sealedFields: SealedFields;
  };
  /** sha256 of a value's canonical text; the coordinator links histories with it. */
  readonly digest: (value: unknown) => string;
  /** Answers when the database does; throws `busy` otherwise. */
  ping(): Promise<void>;
  /** Cuts reports that are being summed; they may take longer than a stop. */
  stopReports(): Promise<void>;
  close(): Promise<void>;
}

/** Connects, makes sure that collections, validator and indexes exist, and hands out the ports. */
export async function createStore(options: ConnectionOptions): Promise<Store> {
  const connection = await connect(options);
  try {
    const store = portsOver(connection, connectForReports(options));
    await ensureSchema(options, connection);
    return store;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function portsOver(connection: StoreConnection, reports: ReturnType<typeof connectForReports>): Store {
  const { database, mongoose } = connection;
  const { transitions, hints, projections } = createTransitionLog(database);
  const { written } = projections;
  const rows = paymentModel(mongoose).collection as unknown as Collection<PaymentRow>;
  const lists = createPaymentLists(rows, transitions.claimsUnder);
  return {
    transitions,
    hints,
    projectOnce: projections.projectOnce,
    copied: projections.written,
    relay: createRelayStore(database),
    dueWork: createDueWork(mongoose),
    watches: createWatchStore(mongoose),
    cursors: createCursorStore(mongoose),
    providerEvents: createProviderEventStore(mongoose),
    idempotency: createIdempotencyStore(mongoose),
    marketplace: createMarketplaceStore(mongoose),
    apiKeys: createApiKeyStore(mongoose),
    payoutApprovals: createPayoutApprovals(mongoose),
    queries: createQueries(mongoose, { written, lists, demandAll: createRebuildMark(database).demandNone }),
    paymentWork: createPaymentWork(mongoose),
    paymentReports: createPaymentReports({ reports: reports.database, lists, written }),
    audit: createAuditLog(mongoose),
    trail: createAuditTrail(mongoose),
    auditedBooks: createAuditedBooks(database),
    backlogs: createBacklogs(database, mongoose),
    ledger: createLedgerStore(database, reports.database),
    reconciliation: createReconciliationReports(mongoose),
    watched: createWatchedAddresses(mongoose),
    identity: {
      users: createAdminUserStore(mongoose),
      sessions: createSessionStore(mongoose),
      attempts: createAttempts(mongoose),
      sealedFields: createSealedFields(database),
    },
    digest,
    ping: () => reachable(async () => void (await database.command({ ping: 1 }))),
    stopReports: reports.close,
    close: async () => {
      await projections.written();
      await Promise.all([reports.close(), connection.close()]);
    },
  };
}

/**
 * Creates what is missing in the database; repeatable, also by several processes that start at once. Over a client of its own: an index
 * on a full collection takes longer than any limit of the money path allows.
 */
async function ensureSchema(options: ConnectionOptions, { mongoose }: StoreConnection): Promise<void> {
  const { database, close } = await connectForSetup(options);
  try {
    await ensureTransitionSchema(database);
    for (const { schema, collection } of Object.values(mongoose.models)) {
      const indexes = schema.indexes().map(([key, rest]) => ({ ...rest, key }) as IndexDescription);
      if (indexes.length > 0) await database.collection(collection.collectionName).createIndexes(indexes);
    }
  } finally {
    await close();
  }
}
