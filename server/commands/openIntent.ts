import { claim } from '../domain/claim.ts';
import type { PaymentState, PaymentStatus } from '../domain/state.ts';
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
import { freezeIntent, watchMs } from './rules/intentFacts.ts';
import { incoming, recorded } from './rules/refusal.ts';
import { readTrade, type Trade, type TradeWords } from './rules/trade.ts';

export interface OpenIntentDeps {
  readonly marketplace: MarketplaceStore;
  readonly queries: Pick<Queries, 'attempts' | 'uncovered'>;
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly gateway: EscrowGateway;
  readonly chain: ChainReader;
  readonly termsArchive: TermsArchive;
  readonly askAddress: (paymentId: string) => Promise<PaymentState>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly policy: Policy;
  readonly crash: CrashPoint;
}

export interface OpenIntentInput extends TradeWords {
  readonly actor: Actor;
  readonly metadata?: string | undefined;
  readonly idempotencyClaim?: string | undefined;
}

export interface OpenedIntent {
  readonly state: PaymentState;
  readonly seq: number;
  readonly reused: boolean;
}

interface Tail {
  readonly state: PaymentState;
  readonly seq: number;
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
const isActive = (tail: Tail) => !ended.includes(tail.state.status);

async function tailOf(store: TransitionStore, paymentId: string): Promise<Tail> {
  const tail = await store.tail(paymentId);
  return { state: incoming(tail?.state), seq: tail?.seq ?? 0 };
}

/** The newest attempt that still runs, and how many have ended; projections may lag, so the log decides. */
async function lookAtAttempts({ queries, store }: OpenIntentDeps, { request, offer }: Trade) {
  const attempts = await queries.attempts(request.id, offer.id, request.buyerId);
  for (const attempt of attempts) {
    if (ended.includes(attempt.status)) continue;
    const tail = await tailOf(store, attempt.id);
    if (isActive(tail)) return { active: tail, endedCount: attempts.length - 1 };
  }
  return { active: null, endedCount: attempts.length };
}

/** Opens the payment of a request's offer and gets the address to pay to; an active payment of the same trade is answered again. */
export function createOpenIntent(deps: OpenIntentDeps) {
  const { store } = deps;
  const lease = createAddressLease(deps);

  /** The claim decides, since the request's own status follows a completion only a moment later. */
  async function refuseClosed({ request, offer }: Trade): Promise<void> {
    const funded = (await store.claimant(claim.fund(request.id))) !== null;
    const problem = funded ? 'request_already_funded' : payingProblem(request, offer);
    if (problem !== null) throw new AppError(problem, 'This offer cannot be paid any more.');
  }

  /** Lists may lag behind a burst; the budget for opening bounds by how much. */
  async function refuseHoarder({ request: { buyerId } }: Trade): Promise<void> {
    const oldestWatched = deps.clock.now() - watchMs(deps.policy);
    if ((await deps.queries.uncovered(buyerId, oldestWatched, maxUncovered)) < maxUncovered) return;
    throw new AppError(
      'too_many_unpaid',
      `This buyer has ${maxUncovered} payments that he did not pay and that are still watched; pay one of them, or wait until the oldest is not watched any more.`,
    );
  }

  async function append(trade: Trade, input: OpenIntentInput, claimNumber: number) {
    if (claimNumber >= maxAttempts) {
      throw new AppError('too_many_attempts', 'This offer was tried too often; ask its seller for a new one.');
    }
    const { paymentId, intent } = await freezeIntent(deps, trade, { claimNumber, metadata: input.metadata ?? null });
    // Before anybody can see the vault's address its terms are kept outside the database (design §2).
    await deps.termsArchive.keep({
      paymentId,
      network: trade.network.name,
      chainId: trade.network.chainId,
      escrow: trade.network.escrow,
      termsId: intent.termsId,
      vault: intent.vault,
      terms: intent.terms,
    });
    const context = { actor: userActor(input.actor), idempotencyClaim: input.idempotencyClaim };
    const observation = await deps.coordinator.observe(paymentId, { kind: 'intentOpened', intent }, context);
    if (observation.outcome === 'changed') lease.hold(paymentId);
    return observation;
  }

  /** Appends the first transition of a new payment, or finds the one that won the race for the same trade. */
  async function openOrFind(trade: Trade, input: OpenIntentInput, endedCount: number) {
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      const observation = await append(trade, input, endedCount + attempt);
      if (observation.outcome !== 'existing') {
        const { state, seq } = recorded(observation);
        return { tail: { state: incoming(state), seq }, reused: false };
      }
      const tail = await tailOf(store, observation.paymentId);
      if (isActive(tail)) return { tail, reused: true };
    }
    throw new AppError('busy', 'Too many attempts for this offer at once; repeat the request.');
  }

  return async function openIntent(input: OpenIntentInput): Promise<OpenedIntent> {
    const trade = await readTrade(deps, input.actor, input);
    const { active, endedCount } = await lookAtAttempts(deps, trade);
    if (active === null) {
      await refuseClosed(trade);
      await refuseHoarder(trade);
    }
    const { tail, reused } =
      active === null ? await openOrFind(trade, input, endedCount) : { tail: active, reused: true };
    deps.crash('intentOpened');
    await lease.address(tail.state);
    const newest = await tailOf(store, tail.state.id);
    return { ...newest, reused };
  };
}
