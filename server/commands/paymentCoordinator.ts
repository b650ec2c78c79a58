import { setTimeout as delay } from 'node:timers/promises';
import { claimConflict } from '../domain/claim.ts';
import type { Signal, SignalContext } from '../domain/signal.ts';
import type { State } from '../domain/state.ts';
import {
  type Change,
  type DecideContext,
  type Decision,
  effectKey,
  type Transition,
  transitionId,
} from '../domain/transition.ts';
import { AppError } from '../errors.ts';
import type {
  AppendResult,
  Clock,
  CrashPoint,
  Ids,
  Logger,
  Observation,
  PaymentCoordinator,
  TransitionStore,
} from '../ports.ts';

/** What the coordinator needs; `decide` is the domain's, `digest` the store's hash of canonical text. */
export interface PaymentCoordinatorDeps {
  readonly transitions: TransitionStore;
  readonly decide: (state: State | null, signal: Signal, context: DecideContext) => Decision;
  readonly digest: (value: unknown) => string;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'attempt'>;
  readonly logger: Logger;
  readonly crash: CrashPoint;
  readonly wakeRelay: () => void;
  /** Waits a little before the next try; jittered, so that racing writers spread. */
  readonly pause?: (attempt: number) => Promise<void>;
  /** Calls back once after `ms` unless the returned function was called before. */
  readonly startTimer?: (ms: number, callback: () => void) => () => void;
}

/** One call of `observe`, over all its tries. */
interface Call {
  readonly deps: PaymentCoordinatorDeps;
  readonly paymentId: string;
  readonly signal: Signal;
  readonly context: SignalContext;
  /** Claims that another payment holds and that `decide` has to do without. */
  readonly lost: Set<string>;
  /** Claims this payment holds from an earlier step; they are not claimed again. */
  readonly held: Set<string>;
  committed: Observation | null;
  expired: boolean;
}

/** What one try came to: an answer, or another try at once or after a pause. */
type Step = Observation | 'again' | 'pause';

/** K racing writers need at most K + 1 tries each; more than this is answered 503 (reliability.md G12). */
const maxTries = 20;
/** One limit over the whole call, after which the outcome is unknown to the caller (reliability.md §3.3). */
const deadlineMs = 5_000;
/** Bounds of one document (reliability.md §3.2); an amount beyond 1E30 could lose a unit by rounding in the validator. */
const limits = { claims: 64, legs: 64, effects: 64, seq: 999_999, evidenceBytes: 262_144, amount: 10n ** 30n };
/** The predecessor of a first transition. */
const genesis = '0'.repeat(64);
const longestPauseMs = 64;

const jitteredPause = (attempt: number): Promise<void> => delay(Math.random() * Math.min(2 ** attempt, longestPauseMs));

const startTimer = (ms: number, callback: () => void) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/** Builds the one entry for everything the world tells us about a payment (design §4). */
export function createPaymentCoordinator(deps: PaymentCoordinatorDeps): PaymentCoordinator {
  return {
    async observe(paymentId, signal, context) {
      const memory = { lost: new Set<string>(), held: new Set<string>(), committed: null, expired: false };
      const call: Call = { deps, paymentId, signal, context, ...memory };
      return withinDeadline(call, run(call));
    },
  };
}

async function run(call: Call): Promise<Observation> {
  const pause = call.deps.pause ?? jitteredPause;
  for (let attempt = 0; attempt < maxTries && !call.expired; attempt += 1) {
    const outcome = await tryOnce(call);
    if (outcome === 'pause') await pause(attempt);
    else if (outcome !== 'again') return outcome;
  }
  throw busy('Too many changes of this payment at once.');
}

async function tryOnce(call: Call): Promise<Step> {
  const { deps, paymentId, signal, context } = call;
  const tail = await deps.transitions.tail(paymentId);
  deps.crash('tailRead');
  const state = tail?.state ?? null;
  const seq = (tail?.seq ?? 0) + 1;
  const nowMs = deps.clock.now();
  const decision = deps.decide(state, signal, { paymentId, seq, nowMs, lostClaims: call.lost, actor: context.actor });
  if (decision.outcome !== 'change') return answer(decision, tail);
  const tooMuch = limitProblem(decision, signal, seq);
  if (tooMuch !== null) return refuseTooLarge(call, state, tooMuch);
  const transition = build(call, tail, decision, nowMs);
  if (call.expired) throw busy('The payment could not be changed in time.');
  deps.crash('beforeInsert');
  const [result] = await deps.transitions.append([transition]);
  if (result?.outcome === 'tooLarge') return refuseTooLarge(call, state, `${result.bytes} bytes`);
  return afterAppend(call, transition, result ?? { outcome: 'unknown', cause: undefined });
}

/** A fact that this log can never take; repeating does not help, a person has to look. */
function refuseTooLarge({ deps, paymentId, signal }: Call, state: State | null, tooMuch: string): Observation {
  deps.logger.error({ category: 'alarm', paymentId, kind: signal.kind, tooMuch }, 'a change is too large to be stored');
  return { outcome: 'refused', code: 'limit_reached', detail: tooMuch, state };
}

type Attempted = Exclude<AppendResult, { outcome: 'tooLarge' }>;
async function afterAppend(call: Call, transition: Transition, result: Attempted): Promise<Step> {
  if (result.outcome === 'appended') return succeed(call, transition);
  if (result.outcome === 'claimTaken') return onClaimTaken(call, transition, result.claim);
  const stored = await call.deps.transitions.at(transition.paymentId, transition.seq);
  if (stored?.attempt === transition.attempt) return succeed(call, transition);
  // Somebody else's transition stands there: ours was certainly not stored.
  if (stored !== null || result.outcome === 'sequenceTaken') return 'pause';
  // Not seen is not "did not happen" (reliability.md §3.4): the sender repeats and meets its own claim.
  throw busy('The outcome of this change is not known yet.', result.cause);
}

async function succeed(call: Call, transition: Transition): Promise<Observation> {
  const { transitions, crash, logger, wakeRelay } = call.deps;
  const committed = { outcome: 'changed', state: transition.state, seq: transition.seq } as const;
  call.committed = committed;
  crash('afterInsert');
  crash('beforeProject');
  try {
    await transitions.project(transition);
  } catch (error) {
    logger.warn({ error, transition: transition.id }, 'the projection waits for the relay');
  }
  crash('projected');
  wakeRelay();
  crash('answered');
  return committed;
}

async function onClaimTaken(call: Call, transition: Transition, taken: string): Promise<Step> {
  const holder = await call.deps.transitions.claimant(taken);
  if (holder === null) throw busy('A fact of this change is being used right now.');
  const own = holder.paymentId === call.paymentId;
  if (own && holder.seq >= transition.seq) return 'again';
  switch (claimConflict(taken, own)) {
    case 'decideAgain':
      (own ? call.held : call.lost).add(taken);
      return 'again';
    case 'existing':
      return { outcome: 'existing', paymentId: holder.paymentId };
    case 'wait':
      return { outcome: 'wait', claim: taken };
    case 'alreadyAsked':
      return { outcome: 'alreadyAsked', claim: taken };
    case 'duplicate':
      return taken.startsWith('idem:') ? replay(call, taken, holder) : duplicate(call, taken);
    case 'keyReused':
      return replay(call, taken, holder);
    case 'conflict':
      report(call, taken, holder.paymentId);
      return { outcome: 'conflict', claim: taken, holder: holder.paymentId };
  }
}

async function duplicate(call: Call, taken: string): Promise<Observation> {
  const tail = await call.deps.transitions.tail(call.paymentId);
  if (tail === null) throw busy('The payment cannot be read right now.');
  return { outcome: 'duplicate', state: tail.state, seq: tail.seq, reason: taken };
}

/** An idempotency key was used before: the same action again, or another one under an old key. */
async function replay(call: Call, taken: string, holder: { paymentId: string; seq: number }): Promise<Observation> {
  const first = await call.deps.transitions.at(holder.paymentId, holder.seq);
  if (first === null) throw busy('A fact of this change is being used right now.');
  if (holder.paymentId === call.paymentId) {
    return first.kind === call.signal.kind ? duplicate(call, taken) : { outcome: 'keyReused', claim: taken };
  }
  const sameIntent = first.kind === 'intentOpened' && isSameTrade(call.signal, first.state);
  return sameIntent ? { outcome: 'existing', paymentId: holder.paymentId } : { outcome: 'keyReused', claim: taken };
}

/** The same delivery or transfer for two payments is a security event; other facts that collide are only alarms. */
function report({ deps, paymentId, context, signal }: Call, taken: string, holder: string): void {
  const fields = { claim: taken, paymentId, holder, actor: context.actor, kind: signal.kind };
  const security = taken.startsWith('evt:') || taken.startsWith('tx:');
  if (security) deps.logger.warn({ category: 'security', ...fields }, 'one fact was offered for two payments');
  else deps.logger.error({ category: 'alarm', ...fields }, 'a claim is held by another payment');
}

function build(call: Call, tail: Transition | null, change: Change, nowMs: number): Transition {
  const { deps, paymentId, signal, context } = call;
  const seq = (tail?.seq ?? 0) + 1;
  const idempotency = context.idempotencyClaim === undefined ? [] : [context.idempotencyClaim];
  // The index does not see a repeat within one document, so repeats are removed here.
  const claims = new Set([...change.claims, ...idempotency].filter((name) => !call.held.has(name)));
  const body = {
    id: transitionId(paymentId, seq),
    paymentId,
    seq,
    from: tail?.to ?? null,
    to: change.state.status,
    kind: signal.kind,
    atMs: nowMs,
    actor: context.actor,
    claims: [...claims],
    legs: change.legs,
    effects: change.effects.map((effect, n) => ({ ...effect, key: effectKey(paymentId, seq, n) })),
    state: change.state,
    stateHash: deps.digest(change.state),
    evidence: boundedEvidence(evidenceOf(signal, context), deps.digest),
    prev: tail?.hash ?? genesis,
    attempt: deps.ids.attempt(),
  };
  return { ...body, hash: deps.digest(body) };
}

function answer(decision: Exclude<Decision, Change>, tail: Transition | null): Observation {
  if (decision.outcome === 'refused') return { ...decision, state: tail?.state ?? null };
  if (tail === null) {
    return { outcome: 'refused', code: 'payment_not_found', detail: decision.reason, state: null };
  }
  return { outcome: 'noChange', state: tail.state, seq: tail.seq, reason: decision.reason };
}

async function withinDeadline(call: Call, work: Promise<Observation>): Promise<Observation> {
  const { promise, resolve, reject } = Promise.withResolvers<Observation>();
  const cancel = (call.deps.startTimer ?? startTimer)(deadlineMs, () => {
    call.expired = true;
    if (call.committed !== null) resolve(call.committed);
    else reject(busy('The payment could not be changed in time.'));
  });
  try {
    return await Promise.race([work, promise]);
  } finally {
    cancel();
  }
}

function limitProblem(change: Change, signal: Signal, seq: number): string | null {
  const huge = hugeAmount([change, signal]);
  if (huge !== null) return `an amount of ${huge}`;
  if (seq > limits.seq) return `more than ${limits.seq} transitions`;
  // One place is kept for the caller's idempotency claim.
  if (change.claims.length >= limits.claims) return `${change.claims.length} claims`;
  if (change.legs.length > limits.legs) return `${change.legs.length} legs`;
  if (change.effects.length > limits.effects) return `${change.effects.length} effects`;
  return null;
}

/** The first amount that the database could not hold exactly; hostile tokens report any number. */
function hugeAmount(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value > limits.amount || value < -limits.amount ? value : null;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return null;
  for (const entry of Object.values(value)) {
    const huge = hugeAmount(entry);
    if (huge !== null) return huge;
  }
  return null;
}

/** The signal itself is evidence, except where the state repeats all of it. */
function evidenceOf(signal: Signal, context: SignalContext): Readonly<Record<string, unknown>> {
  const opening = signal.kind === 'intentOpened' || signal.kind === 'payoutOpened';
  return { ...(opening ? {} : { signal }), ...context.evidence };
}

function boundedEvidence(evidence: Readonly<Record<string, unknown>>, digest: (value: unknown) => string) {
  const bytes = sizeOf(evidence);
  return bytes <= limits.evidenceBytes ? evidence : { omittedBytes: bytes, sha256: digest(evidence) };
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 16;
  return Object.entries(value).reduce((sum, [key, entry]) => sum + key.length + sizeOf(entry), 0);
}

function isSameTrade(signal: Signal, state: State): boolean {
  if (signal.kind !== 'intentOpened') return false;
  const { requestId, offerId, buyerId } = signal.intent;
  return requestId === state.requestId && offerId === state.offerId && buyerId === state.buyerId;
}

function busy(message: string, cause?: unknown): AppError {
  return new AppError('busy', `${message} Repeat unchanged.`, { cause });
}
