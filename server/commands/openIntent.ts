import { claim } from '../domain/claim.ts';
import type { PaymentState, PaymentStatus, Rail } from '../domain/state.ts';
import { payingProblem } from '../domain/trade.ts';
import { AppError } from '../errors.ts';
import type { ChainReader, EscrowGateway, TermsArchive } from '../ports/outside.ts';
import type {
  Actor,
  Clock,
  CrashPoint,
  Ids,
  MarketplaceStore,
  PaymentCoordinator,
  Policy,
  Queries,
  TransitionStore,
} from '../ports.ts';
import { userActor } from './rules/actor.ts';
import { createAddressLease } from './rules/addressLease.ts';
import { freezeIntent, refuseDust, refuseTaken, takenAddress, watchMs } from './rules/intentFacts.ts';
import { incoming, keyReused, recorded } from './rules/refusal.ts';
import { termsEntry } from './rules/termsEntry.ts';
import { readTrade, type Trade, type TradeWords } from './rules/trade.ts';

export interface OpenIntentDeps {
  readonly marketplace: MarketplaceStore;
  readonly queries: Pick<Queries, 'attempts' | 'uncovered'>;
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly gateway: EscrowGateway;
  readonly chain: ChainReader;
  readonly termsArchive: TermsArchive;
  readonly askAddress: (paymentId: string, newest?: PaymentState) => Promise<PaymentState>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly policy: Policy;
  readonly crash: CrashPoint;
}

export interface OpenIntentInput extends TradeWords {
  readonly actor: Actor;
  readonly metadata?: string | undefined;
  /** Through the provider unless another way in is named; the others are paid straight into the vault. */
  readonly rail?: Rail | undefined;
  readonly idempotencyClaim?: string | undefined;
}

export interface OpenedIntent {
  readonly state: PaymentState;
  readonly reused: boolean;
}

/** Attempts that ended between our look and our insert; more than this is not chance. */
const maxTries = 5;
/** Attempts at paying one offer; every one costs an invoice, a one-time address and a week of watching. */
const maxAttempts = 20;
/**
 * Payments of one buyer that are watched although he has not paid them. Every look at a chain goes through all that are watched, 500 in one
 * question to a node: nobody fills more than a tenth of one, and a person who shops has a handful.
 */
const maxUncovered = 50;
const ended: readonly PaymentStatus[] = ['failed', 'cancelled', 'released', 'refunded'];
const isActive = ({ status }: PaymentState) => !ended.includes(status);

const newestOf = async (store: TransitionStore, paymentId: string): Promise<PaymentState> =>
  incoming((await store.tail(paymentId))?.state);

/** The newest attempt that still runs, and how many have ended; projections may lag, so the log decides. */
async function lookAtAttempts({ queries, store }: OpenIntentDeps, { request, offer }: Trade) {
  const attempts = await queries.attempts(request.id, offer.id, request.buyerId);
  for (const attempt of attempts) {
    if (ended.includes(attempt.status)) continue;
    const state = await newestOf(store, attempt.id);
    if (isActive(state)) return { active: state, endedCount: attempts.length - 1 };
  }
  return { active: null, endedCount: attempts.length };
}

/** Opens the payment of a request's offer and gets the address to pay to; an active payment of the same trade is answered again. */
export function createOpenIntent(deps: OpenIntentDeps) {
  const { store } = deps;
  const lease = createAddressLease(deps);

  /** The claim decides, since the request's own status follows a completion only a moment later. */
  function refuseClosed({ request, offer }: Trade, funded: boolean): void {
    const problem = funded ? 'request_already_funded' : payingProblem(request, offer);
    if (problem !== null) throw new AppError(problem, 'This offer cannot be paid any more.');
  }

  /** Lists may lag behind a burst; the budget for opening bounds by how much. */
  function refuseHoarder(uncovered: number): void {
    if (uncovered < maxUncovered) return;
    throw new AppError(
      'too_many_unpaid',
      `This buyer has ${maxUncovered} payments that he did not pay and that are still watched; pay one of them, or wait until the oldest is not watched any more.`,
    );
  }

  /** Everything that a new payment depends on, asked at once. */
  async function look(trade: Trade, key: string | undefined) {
    const { id: requestId, buyerId } = trade.request;
    const oldestWatched = deps.clock.now() - watchMs(deps.policy);
    const [attempts, funder, keyHolder, uncovered, taken] = await Promise.all([
      lookAtAttempts(deps, trade),
      // Asked together, so that both are one question to the database.
      store.claimant(claim.fund(requestId)),
      key === undefined ? null : store.claimant(key),
      deps.queries.uncovered(buyerId, oldestWatched, maxUncovered),
      takenAddress(deps, trade),
    ]);
    return { ...attempts, funded: funder !== null, keyHolder, uncovered, taken };
  }

  async function append(trade: Trade, input: OpenIntentInput, claimNumber: number) {
    if (claimNumber >= maxAttempts) {
      throw new AppError('too_many_attempts', 'This offer was tried too often; ask its seller for a new one.');
    }
    const { paymentId, intent } = await freezeIntent(deps, trade, {
      ...{ claimNumber, metadata: input.metadata ?? null, rail: input.rail ?? 'shkeeper' },
    });
    const context = { actor: userActor(input.actor), idempotencyClaim: input.idempotencyClaim };
    // As soon as the payment can be read its vault takes money, so its terms are on disk before. Those of a race that is lost lie there for nobody.
    await deps.termsArchive.keep(termsEntry(trade.network, { ...intent, id: paymentId }));
    const observation = await deps.coordinator.observe(paymentId, { kind: 'intentOpened', intent }, context);
    if (observation.outcome === 'changed') lease.hold(paymentId);
    return observation;
  }

  /** Appends the first transition of a new payment, or finds the one that won the race for the same trade. */
  async function openOrFind(trade: Trade, input: OpenIntentInput, endedCount: number): Promise<OpenedIntent> {
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      const observation = await append(trade, input, endedCount + attempt);
      if (observation.outcome !== 'existing') {
        return { state: incoming(recorded(observation).state), reused: false };
      }
      const state = await newestOf(store, observation.paymentId);
      if (isActive(state)) return { state, reused: true };
    }
    throw new AppError('busy', 'Too many attempts for this offer at once; repeat the request.');
  }

  /** The payment that a key opened before, as it stands now; whatever else was opened since is not what the key asked for. */
  async function openedUnder(paymentId: string, { request, offer }: Trade): Promise<PaymentState> {
    const state = await newestOf(store, paymentId);
    const isSame = state.requestId === request.id && state.offerId === offer.id && state.buyerId === request.buyerId;
    if (!isSame) throw keyReused('another payment');
    return state;
  }

  async function openNew(trade: Trade, input: OpenIntentInput, seen: Awaited<ReturnType<typeof look>>) {
    refuseClosed(trade, seen.funded);
    refuseHoarder(seen.uncovered);
    refuseDust(trade);
    refuseTaken(seen.taken);
    return openOrFind(trade, input, seen.endedCount);
  }

  /** The payment with its receiver; nobody is given a vault before its terms are on disk, which `askAddress` sees to on the provider's rail. */
  async function withReceiver(state: PaymentState, { network }: Trade): Promise<PaymentState> {
    if (state.provider === null) await deps.termsArchive.keep(termsEntry(network, state));
    return lease.address(state);
  }

  return async function openIntent(input: OpenIntentInput): Promise<OpenedIntent> {
    const trade = await readTrade(deps, input.actor, input);
    const seen = await look(trade, input.idempotencyClaim);
    const known = seen.keyHolder === null ? seen.active : await openedUnder(seen.keyHolder.paymentId, trade);
    const { state, reused } = known === null ? await openNew(trade, input, seen) : { state: known, reused: true };
    deps.crash('intentOpened');
    return { state: isActive(state) ? await withReceiver(state, trade) : state, reused };
  };
}
