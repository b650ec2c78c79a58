import type { BlockList } from 'node:net';
import type { createAcceptLate } from '../commands/acceptLate.ts';
import type { createAcceptOffer } from '../commands/acceptOffer.ts';
import type { createAdminPayout } from '../commands/adminPayout.ts';
import type { createApprovePayout } from '../commands/approvePayout.ts';
import type { createAuditPayment } from '../commands/auditPayment.ts';
import type { createCancelPayment } from '../commands/cancelPayment.ts';
import type { createCheckOpenPayments } from '../commands/checkOpenPayments.ts';
import type { createConfirmBatch } from '../commands/confirmBatch.ts';
import type { createConfirmSettlement } from '../commands/confirmSettlement.ts';
import type { createConfirmTransfer } from '../commands/confirmTransfer.ts';
import type { createExpirePayments } from '../commands/expirePayments.ts';
import type { createIssueApiKey } from '../commands/issueApiKey.ts';
import type { createOpenIntent } from '../commands/openIntent.ts';
import type { createPaySeller } from '../commands/paySeller.ts';
import type { createPlaceOffer } from '../commands/placeOffer.ts';
import type { createPostRequest } from '../commands/postRequest.ts';
import type { createPrepareBatch } from '../commands/prepareBatch.ts';
import type { createPrepareSettlement } from '../commands/prepareSettlement.ts';
import type { createRecordPayment } from '../commands/recordPayment.ts';
import type { createRecordPayoutCallback } from '../commands/recordPayoutCallback.ts';
import type { createRecordReport } from '../commands/recordReport.ts';
import type { createResolvePayout } from '../commands/resolvePayout.ts';
import type { createRevokeApiKey } from '../commands/revokeApiKey.ts';
import type { createSharedLook } from '../commands/rules/sharedLook.ts';
import type { TrailEvent } from '../domain/auditTrail.ts';
import type { ApiKeyStore, KnownServer, SignedCall } from '../ports/apiKeys.ts';
import type { LedgerStore } from '../ports/books.ts';
import type { ProviderEventStore } from '../ports/deliveries.ts';
import type { Credentials } from '../ports/identity.ts';
import type { ChainReader, EscrowGateway } from '../ports/outside.ts';
import type { PaymentReports } from '../ports/paymentReads.ts';
import type { ReconciliationReports } from '../ports/reconciliation.ts';
import type { Watching } from '../ports/watching.ts';
import type {
  Actor,
  Clock,
  CrashPoint,
  IdempotencyStore,
  Logger,
  MarketplaceStore,
  Queries,
  TransitionStore,
} from '../ports.ts';
import type { LegacySignature } from '../providers/shkeeper/signature.ts';
import type { DevelopmentTools } from './development.ts';
import type { DemandOpenSession, IdentityCommands } from './identityDeps.ts';
import type { StoreOf } from './middleware/rateLimit.ts';

/** The use cases that the routes call, each as its command declares it; every refusal is thrown as `AppError`. */
export interface Commands extends IdentityCommands {
  readonly postRequest: ReturnType<typeof createPostRequest>;
  readonly placeOffer: ReturnType<typeof createPlaceOffer>;
  readonly acceptOffer: ReturnType<typeof createAcceptOffer>;
  readonly openIntent: ReturnType<typeof createOpenIntent>;
  readonly confirmTransfer: ReturnType<typeof createConfirmTransfer>;
  readonly recordPayment: ReturnType<typeof createRecordPayment>;
  readonly verifyOpenPayments: ReturnType<typeof createCheckOpenPayments>;
  readonly findMissingTransactions: ReturnType<typeof createCheckOpenPayments>;
  readonly adminPayout: ReturnType<typeof createAdminPayout>;
  readonly recordReport: ReturnType<typeof createRecordReport>;
  readonly recordPayoutCallback: ReturnType<typeof createRecordPayoutCallback>;
  readonly prepareSettlement: ReturnType<typeof createPrepareSettlement>;
  readonly confirmSettlement: ReturnType<typeof createConfirmSettlement>;
  readonly prepareBatch: ReturnType<typeof createPrepareBatch>;
  readonly confirmBatch: ReturnType<typeof createConfirmBatch>;
  readonly acceptLate: ReturnType<typeof createAcceptLate>;
  readonly expirePayments: ReturnType<typeof createExpirePayments>;
  readonly cancelPayment: ReturnType<typeof createCancelPayment>;
  readonly paySeller: ReturnType<typeof createPaySeller>;
  readonly approvePayout: ReturnType<typeof createApprovePayout>;
  readonly resolvePayout: ReturnType<typeof createResolvePayout>;
  readonly verifyPayment: ReturnType<typeof createSharedLook>;
  readonly auditPayment: ReturnType<typeof createAuditPayment>;
  readonly issueApiKey: ReturnType<typeof createIssueApiKey>;
  readonly revokeApiKey: ReturnType<typeof createRevokeApiKey>;
}

/** What config.ts decides about HTTP. */
export interface HttpSettings {
  readonly publicUrl: string;
  /** Every key a provider may sign with, newest first. */
  readonly webhookKeys: readonly string[];
  /** Where a provider may call from; anywhere if it is null. */
  readonly webhookSources: BlockList | null;
  /** SHKeeper repeats a delivery until it reads 202. */
  readonly ackStatus: number;
  readonly legacySignature: LegacySignature;
  readonly allowedOrigins: readonly string[];
  /** The token that a scraper has to send; without one the metrics are open to all or to nobody. */
  readonly metrics: { readonly token: string; readonly open: boolean };
  /** Whether what moves money demands a fresh second factor. */
  readonly stepUpRequired: boolean;
  /** Pause between two looks of the poller at an open invoice. */
  readonly invoicePollSeconds: number;
  /** How many reverse proxies in front are ours. */
  readonly trustProxy: number;
  /** Calls a minute: `anonymous` per address on open routes; per user `read`, `hint` on routes that start a look at the chain, `create` on those that open something, `money` on those that move money. */
  readonly rateLimits: {
    readonly anonymousPerMinute: number;
    readonly readPerMinute: number;
    readonly hintPerMinute: number;
    readonly createPerMinute: number;
    readonly moneyPerMinute: number;
  };
}

/** Everything the HTTP side is handed; it creates nothing itself. */
export interface AppDeps {
  readonly commands: Commands;
  readonly queries: Pick<Queries, 'payment' | 'payments' | 'paymentByExternalId'>;
  readonly paymentReports: PaymentReports;
  /** Begins to count when an export begins, and ends it; without it ten minutes. */
  readonly exportEnd?: (() => AbortSignal) | undefined;
  readonly watching: Watching;
  readonly transitions: Pick<TransitionStore, 'after' | 'tail'>;
  readonly marketplace: Pick<MarketplaceStore, 'request' | 'offer' | 'hasOffer' | 'listOffers' | 'listRequests'>;
  readonly ledger: Omit<LedgerStore, 'booksAt'>;
  readonly reports: Pick<ReconciliationReports, 'newest'>;
  /** Figures in the text format of Prometheus. */
  readonly metrics: { text(): Promise<{ readonly contentType: string; readonly body: string }> };
  readonly idempotency: IdempotencyStore;
  readonly crash: CrashPoint;
  readonly providerEvents: ProviderEventStore;
  readonly gateway: Pick<EscrowGateway, 'checksum' | 'network' | 'networks'>;
  readonly verifyToken: (token: string) => Actor & Credentials;
  readonly demandOpenSession: DemandOpenSession;
  /** Where calls are counted; without it each process counts for itself. */
  readonly limitStore?: StoreOf | undefined;
  /** The heads of the chains, to say how deep a transfer lies. */
  readonly chain: Pick<ChainReader, 'head'>;
  /** Keeps what admins did and what was refused. */
  readonly trail: (event: TrailEvent) => Promise<void>;
  /** Takes work that has to be done before the connections are closed. */
  readonly atEnd?: (work: () => Promise<void>) => void;
  readonly knowServer: (call: SignedCall) => Promise<KnownServer>;
  readonly apiKeys: Pick<ApiKeyStore, 'list'>;
  /** Null mounts no development route. */
  readonly development: DevelopmentTools | null;
  /** Named checks of `/readyz`; a check that throws or is slow means not ready. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly settings: HttpSettings;
}
