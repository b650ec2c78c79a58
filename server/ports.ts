import type { Signal, SignalContext } from './domain/signal.ts';
import type { PaymentState, PaymentStatus, State } from './domain/state.ts';
import type { PurchaseRequest, RequestStatus, SellerOffer } from './domain/trade.ts';
import type { RefusalCode, Step, Transition } from './domain/transition.ts';
import type { Page, PageWanted } from './ports/pages.ts';
import type { PaymentQuery } from './ports/paymentReads.ts';

/** The only source of time. */
export interface Clock {
  now(): number;
}

/** Fresh identifiers: `payment` is 24 hex digits like a Mongo id, `attempt` a uuid, `randomBits` 16 random bytes as hex. */
export interface Ids {
  payment(): string;
  attempt(): string;
  randomBits(): string;
}

/** Structured log; never gets bodies or secrets. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A named place where tests can kill the process; does nothing in production. */
export type CrashPoint = (label: string) => void;

// ---- the coordinator -------------------------------------------------------------------------------------------------------

/** What became of a signal. `duplicate` and `noChange` carry the state as it is; `seq` is the newest transition's. */
export type Observation =
  | {
      readonly outcome: 'changed' | 'noChange' | 'duplicate';
      readonly state: State;
      readonly seq: number;
      readonly reason?: string;
    }
  | { readonly outcome: 'existing'; readonly paymentId: string }
  | { readonly outcome: 'refused'; readonly code: RefusalCode; readonly detail: string; readonly state: State | null }
  | { readonly outcome: 'conflict'; readonly claim: string; readonly holder: string }
  | { readonly outcome: 'keyReused'; readonly claim: string }
  | { readonly outcome: 'wait'; readonly claim: string }
  | { readonly outcome: 'alreadyAsked'; readonly claim: string };

/** The one entry for state changes. Throws `AppError('busy')` when the outcome is unknown or tries ran out: the caller may repeat unchanged. */
export interface PaymentCoordinator {
  observe(paymentId: string, signal: Signal, context: SignalContext): Promise<Observation>;
}

// ---- the store -------------------------------------------------------------------------------------------------------------

export type AppendResult =
  | { readonly outcome: 'appended' }
  | { readonly outcome: 'sequenceTaken' }
  | { readonly outcome: 'claimTaken'; readonly claim: string }
  /** Certainly not stored, and never will be as it is. */
  | { readonly outcome: 'tooLarge'; readonly bytes: number }
  | { readonly outcome: 'unknown'; readonly cause: unknown };

/** The append-only log; majority reads and writes. Every method throws `AppError('busy')` when the database cannot be reached in time. */
export interface TransitionStore {
  /** One that is not wanted any more before it was sent is refused as `busy`; what becomes of one that was sent is always answered. */
  append(batch: readonly Transition[], isWanted?: () => boolean): Promise<AppendResult[]>;
  tail(paymentId: string): Promise<Transition | null>;
  at(paymentId: string, seq: number): Promise<Transition | null>;
  /** The steps that came after `seq`, oldest first. */
  after(paymentId: string, seq: number, limit: number): Promise<Step[]>;
  claimant(claim: string): Promise<{ readonly paymentId: string; readonly seq: number } | null>;
  /** The highest claim that starts with `prefix`, in string order. */
  highestClaim(
    prefix: string,
  ): Promise<{ readonly claim: string; readonly paymentId: string; readonly seq: number } | null>;
  /** Every claim that starts with `prefix`, in string order; throws when they are more than can be read at once. */
  claimsUnder(
    prefix: string,
  ): Promise<readonly { readonly claim: string; readonly paymentId: string; readonly seq: number }[]>;
  project(transition: Transition): Promise<void>;
}

/** As much of a payment's newest transition as a decision and the next transition need. */
export type Tail = Pick<Transition, 'paymentId' | 'seq' | 'hash' | 'stateHash' | 'state'>;

/** Quick reads of states. What they tell may be old, so that only an append may rest on it: the fence refuses an old one (docs/adr/0013). */
export interface TailHints {
  /** The copy in `payments`; null when there is none that can be used. */
  hint(paymentId: string): Promise<Tail | null>;
  /** Whether this is the payment's newest transition, as a majority has it. */
  isTail(tail: Tail): Promise<boolean>;
}

/** A transition taken by the relay; `fence` must be quoted when it is marked. */
export interface LeasedTransition {
  readonly transition: Transition;
  readonly fence: number;
}

/** The relay's side of the log: undone transitions, strictly in order per payment. */
export interface RelayStore {
  /** The oldest undone ones that are free, `atMost` of them. */
  lease(now: number, leaseMs: number, atMost: number): Promise<readonly LeasedTransition[]>;
  renew(leased: LeasedTransition, until: number): Promise<boolean>;
  done(leased: LeasedTransition): Promise<boolean>;
  park(transitionId: string, effectKey: string, reason: string, atMs: number): Promise<void>;
}

/** A durable row of work that a driver repeats until it is done; `_id` = `<kind>:<paymentId>`. */
export const dueKinds = ['askAddress', 'verify', 'drivePayout', 'requestForward', 'poll', 'reconcile'] as const;
export type DueKind = (typeof dueKinds)[number];
export interface DueRow {
  readonly kind: DueKind;
  readonly paymentId: string;
  readonly attempts: number;
  readonly holder: string;
}
export interface DueWork {
  /** Makes the row due at `atMs`, or earlier than it was; never later. */
  schedule(kind: DueKind, paymentId: string, atMs: number): Promise<void>;
  /** What is due for the longest, `atMost` of them. */
  take(kinds: readonly DueKind[], now: number, leaseMs: number, atMost: number): Promise<readonly DueRow[]>;
  /** Keeps the row to its taker until `untilMs`; nothing when somebody else took it meanwhile. */
  renew(row: DueRow, untilMs: number): Promise<void>;
  finish(row: DueRow): Promise<void>;
  postpone(row: DueRow, atMs: number): Promise<void>;
}

/** What the monitors watch, written by the relay: addresses of a payment, lower-case, until a time. */
export interface Watch {
  readonly paymentId: string;
  readonly chainId: number;
  readonly addresses: readonly { readonly address: string; readonly custody: 'provider' | 'contract' }[];
  readonly termsId: string;
  /** The provider's wallet that the payment froze; null when no provider takes its money. */
  readonly hotWallet: string | null;
  readonly fromBlock: number;
  readonly untilMs: number;
}
export interface WatchStore {
  upsert(watch: Watch): Promise<void>;
  /** All live watches of a chain, in pages by payment id. */
  page(chainId: number, now: number, afterPaymentId: string, limit: number): Promise<Watch[]>;
  byTermsId(chainId: number, termsIds: readonly string[]): Promise<Watch[]>;
}

/** Where a chain scanner stands: everything up to `blockNumber` (finalized then) is processed; hashes of recent blocks for reorganisations. */
export interface ChainCursor {
  readonly chainId: number;
  readonly blockNumber: number;
  readonly recent: readonly { readonly number: number; readonly hash: string }[];
}
export interface CursorStore {
  get(chainId: number): Promise<ChainCursor | null>;
  /** Moves the cursor when it still stands at `from`; false when another process moved it. */
  move(from: ChainCursor | null, to: ChainCursor): Promise<boolean>;
}

/** HTTP idempotency. */
export interface IdempotencyStore {
  begin(
    key: string,
    requestHash: string,
    now: number,
  ): Promise<
    | { readonly outcome: 'begun'; readonly fence: string }
    | { readonly outcome: 'running' }
    | { readonly outcome: 'otherPayload' }
    | { readonly outcome: 'stored'; readonly status: number; readonly body: string }
  >;
  /** Keeps the answer; nothing when somebody else has taken the key over meanwhile. */
  complete(key: string, fence: string, answer: { readonly status: number; readonly body: string }): Promise<void>;
  /** Forgets a key whose execution failed, as long as its fence holds it. */
  release(key: string, fence: string): Promise<void>;
}

// ---- the marketplace side --------------------------------------------------------------------------------------------------

/** Requests and offers; updates that follow a payment are guarded by `src.<paymentId>` so that each transition applies once. */
export interface MarketplaceStore {
  /** False when a request with this id is there already. */
  insertRequest(request: PurchaseRequest): Promise<boolean>;
  /** `tooMany` when the seller already has as many offers on the request as one seller may. */
  insertOffer(offer: SellerOffer): Promise<'placed' | 'tooMany' | 'sameId'>;
  request(id: string): Promise<PurchaseRequest | null>;
  offer(id: string): Promise<SellerOffer | null>;
  hasOffer(requestId: string, sellerId: string): Promise<boolean>;
  hasAcceptedOffer(requestId: string): Promise<boolean>;
  listOffers(filter: { requestId: string; sellerId?: string }, page: PageWanted): Promise<Page<SellerOffer>>;
  listRequests(filter: { buyerId?: string; status?: RequestStatus }, page: PageWanted): Promise<Page<PurchaseRequest>>;
  /** Selects an offer of an open request by hand; false when the request is no longer open. */
  selectOffer(requestId: string, offerId: string): Promise<boolean>;
  rejectOffer(offerId: string): Promise<void>;
  /** Applied once per (payment, seq), never backwards in seq. */
  setRequestStatus(requestId: string, status: RequestStatus, source: { paymentId: string; seq: number }): Promise<void>;
  acceptOffer(requestId: string, offerId: string, source: { paymentId: string; seq: number }): Promise<SellerOffer[]>;
}

/** A state as it was read, with the version and times that stand beside it, and the sum its buyer paid in its own asset. */
export interface Versioned<S extends State = State> {
  readonly state: S;
  readonly seq: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly received: bigint;
}

/** A block with a credit. */
export interface ArrivalBlock {
  readonly chainId: number;
  readonly blockNumber: number;
}
export type CreditedPayment =
  | { readonly paymentId: string; readonly state: PaymentState }
  | { readonly paymentId: string; readonly state: null; readonly arrivalBlocks: readonly ArrivalBlock[] };
/** Lists and look-ups for screens and sweeps; reads projections, never writes. What money depends on is `busy` while rows are rebuilt. */
export interface Queries {
  /**
   * Payments and payouts; money of nobody is neither. Of each state `arrivals` and `payouts` are cut to their first twenty entries, the sightings
   * and what the provider said to none; `received` still counts all.
   */
  payments(query: PaymentQuery, page: PageWanted): Promise<Page<Versioned>>;
  /** The projection of one payment, when it exists and belongs to `userId` (null = no ownership filter). */
  payment(id: string, userId: string | null): Promise<Versioned | null>;
  /** The attempts of (request, offer, buyer), newest first. */
  attempts(
    requestId: string,
    offerId: string,
    buyerId: string,
  ): Promise<readonly { id: string; status: PaymentStatus }[]>;
  /** How many payments a buyer opened after a time and has not covered the price of, counted up to `limit`. */
  uncovered(buyerId: string, openedAfterMs: number, limit: number): Promise<number>;
  /** Payments whose deadline passed and that are still open, oldest first. */
  expired(now: number, limit: number): Promise<string[]>;
  /** Payments with credited, unreversed arrivals in blocks above `blockNumber`; of one that a newer version wrote only the blocks can be told. */
  arrivalsAbove(chainId: number, blockNumber: number, limit: number): Promise<readonly CreditedPayment[]>;
  /** The payout record whose machine has this external id, or the payment whose forward has it. */
  paymentByExternalId(externalId: string): Promise<string | null>;
  /** What lies in the provider's wallets for all payments together, in one asset of the books; its cost follows those payments. */
  inProviderCustody(asset: string): Promise<bigint>;
  /** Payments with a prepared settlement that is still open. */
  openSettlements(limit: number): Promise<string[]>;
}

/** The policy numbers of config.ts that commands need; days and minutes as configured. */
export interface Policy {
  /** Where the provider sends its word. */
  readonly callbackUrls: { readonly invoice: string; readonly payout: string };
  readonly intentTtlMinutes: number;
  readonly monitoringDays: number;
  readonly feeBps: number;
  readonly settlementValidHours: number;
  readonly deliverDays: number;
  readonly inspectionDays: number;
  readonly disputeSellerBps: number;
  readonly marketplaceId: string;
}

/** Who asks, as the JWT says. */
export type Role = 'buyer' | 'seller' | 'admin' | 'auditor';
export interface Actor {
  readonly userId: string;
  readonly role: Role;
}
