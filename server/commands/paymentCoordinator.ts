import { setTimeout as delay } from 'node:timers/promises';
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
import { NewerVersionError } from '../errors.ts';
import type {
  AppendResult,
  Clock,
  CrashPoint,
  Ids,
  Logger,
  Observation,
  PaymentCoordinator,
  Tail,
  TailHints,
  TransitionStore,
} from '../ports.ts';
import { type StartTimer, startTimer } from '../timers.ts';
import { changedSince, isUnexpected } from './rules/expectedSeq.ts';
import { createKnownTails, type KnownTails } from './rules/knownTails.ts';
import { createLanes } from './rules/lanes.ts';
import { busy, type ClaimingCall, onClaimTaken } from './rules/takenClaim.ts';
import { boundedEvidence, limitProblem } from './rules/transitionLimits.ts';

/** What the coordinator needs; `decide` is the domain's, `digest` the store's hash of canonical text. */
export interface PaymentCoordinatorDeps {
  readonly transitions: TransitionStore;
  /** Without them every try reads the log. */
  readonly hints?: TailHints | undefined;
  readonly decide: (state: State | null, signal: Signal, context: DecideContext) => Decision;
  readonly digest: (value: unknown) => string;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'attempt'>;
  readonly logger: Logger;
  readonly crash: CrashPoint;
  readonly wakeRelay: () => void;
  /** Waits a little before the next try; jittered, so that racing writers spread. */
  readonly pause?: (attempt: number) => Promise<void>;
  readonly startTimer?: StartTimer;
}

/** One call of `observe`, over all its tries. */
interface Call extends ClaimingCall {
  readonly deps: PaymentCoordinatorDeps;
  readonly known: KnownTails;
  committed: Observation | null;
  expired: boolean;
}

/** What one try came to: an answer, or another try at once or after a pause. */
type Step = Observation | 'again' | 'pause';

/** What a try starts from; an append may rest on any, an answer only on what is known to be the newest. */
interface Start {
  readonly tail: Tail | null;
  readonly isNewest: boolean;
}

/** K racing writers need at most K + 1 tries each; more than this is answered 503. */
const maxTries = 20;
/** One limit over the whole call, after which the outcome is unknown to the caller. */
const deadlineMs = 5_000;
/** The predecessor of a first transition. */
const genesis = '0'.repeat(64);
const longestPauseMs = 64;

const jitteredPause = (attempt: number): Promise<void> => delay(Math.random() * Math.min(2 ** attempt, longestPauseMs));

/** Builds the one entry for everything the world tells us about a payment. */
export function createPaymentCoordinator(deps: PaymentCoordinatorDeps): PaymentCoordinator {
  const known = createKnownTails();
  const lanes = createLanes();
  return {
    async observe(paymentId, signal, context) {
      const memory = { lost: new Set<string>(), held: new Set<string>(), committed: null, expired: false };
      const call: Call = { deps, known, paymentId, signal, context, ...memory };
      return withinDeadline(call, (end) => lanes.enter(paymentId, () => Promise.race([run(call), end])));
    },
  };
}

async function run(call: Call): Promise<Observation> {
  const pause = call.deps.pause ?? jitteredPause;
  for (let attempt = 0; attempt < maxTries && !call.expired; attempt += 1) {
    const outcome = await tryOnce(call, attempt);
    if (outcome === 'pause') await pause(attempt);
    else if (outcome !== 'again') return outcome;
  }
  throw busy('Too many changes of this payment at once.');
}

async function tryOnce(call: Call, attempt: number): Promise<Step> {
  const { deps, paymentId, signal, context } = call;
  const start = await startOf(call, attempt);
  const { tail } = start;
  deps.crash('tailRead');
  if (isUnexpected(context, tail)) {
    if (!(await isNewest(call, start))) return 'again';
    throw changedSince(tail);
  }
  const state = tail?.state ?? null;
  const seq = (tail?.seq ?? 0) + 1;
  const nowMs = deps.clock.now();
  const decision = deps.decide(state, signal, { paymentId, seq, nowMs, lostClaims: call.lost, actor: context.actor });
  const tooMuch = decision.outcome === 'change' ? limitProblem(decision, signal, seq) : null;
  if (decision.outcome !== 'change' || tooMuch !== null) {
    if (!(await isNewest(call, start))) return 'again';
    return decision.outcome === 'change' ? refuseTooLarge(call, state, String(tooMuch)) : answer(decision, tail);
  }
  const transition = build(call, tail, decision, nowMs);
  if (call.expired) throw busy('The payment could not be changed in time.');
  deps.crash('beforeInsert');
  const [result] = await deps.transitions.append([transition], () => !call.expired);
  const refused = result?.outcome === 'tooLarge' || result?.outcome === 'claimTaken';
  if (refused && !(await isNewest(call, start))) return 'again';
  if (result?.outcome === 'tooLarge') return refuseTooLarge(call, state, `${result.bytes} bytes`);
  return afterAppend(call, transition, result ?? { outcome: 'unknown', cause: undefined });
}

/** Signals that begin a log of their own; the fence tells when there is one already. */
const opens = ({ kind }: Signal) => kind === 'intentOpened' || kind === 'payoutOpened';

/** The cheapest state a first try may start from (docs/adr/0013); every further one reads the log. */
async function startOf({ deps, known, paymentId, signal }: Call, attempt: number): Promise<Start> {
  const { hints, transitions } = deps;
  if (hints !== undefined && attempt === 0) {
    if (opens(signal)) return { tail: null, isNewest: false };
    const last = known.get(paymentId);
    if (last !== undefined && deps.clock.now() < last.freshUntilMs) return { tail: last, isNewest: false };
    if (last !== undefined && (await hints.isTail(last))) return { tail: last, isNewest: true };
    const hint = await hints.hint(paymentId);
    if (hint !== null) return { tail: hint, isNewest: false };
  }
  const tail = await transitions.tail(paymentId);
  if (tail !== null) known.remember(tail);
  return { tail, isNewest: true };
}

/** Whether an answer may rest on what the try started from. */
async function isNewest({ deps, known, paymentId }: Call, { tail, isNewest }: Start): Promise<boolean> {
  if (isNewest || deps.hints === undefined) return true;
  if (tail === null) return (await deps.transitions.tail(paymentId)) === null;
  if (!(await deps.hints.isTail(tail))) return false;
  known.remember(tail);
  return true;
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
  const stored = await standsThere(call, transition);
  if (stored === 'newerVersion') return 'pause';
  if (stored?.attempt === transition.attempt) return succeed(call, transition);
  // Somebody else's transition stands there: ours was certainly not stored.
  if (stored !== null || result.outcome === 'sequenceTaken') return 'pause';
  // Not seen is not "did not happen": the sender repeats and meets its own claim.
  throw busy('The outcome of this change is not known yet.', result.cause);
}

/** What has the number of a transition; what a newer version wrote there is certainly not ours. */
async function standsThere(
  { deps }: Call,
  { paymentId, seq }: Transition,
): Promise<Transition | 'newerVersion' | null> {
  try {
    return await deps.transitions.at(paymentId, seq);
  } catch (error) {
    if (error instanceof NewerVersionError) return 'newerVersion';
    throw error;
  }
}

function succeed(call: Call, transition: Transition): Observation {
  const { crash } = call.deps;
  const committed = { outcome: 'changed', state: transition.state, seq: transition.seq } as const;
  call.committed = committed;
  call.known.remember(transition, call.deps.clock.now());
  crash('afterInsert');
  crash('beforeProject');
  void project(call.deps, transition);
  crash('answered');
  return committed;
}

/** What follows a commit and could be left to the relay: nobody waits for it. */
async function project({ transitions, crash, logger, wakeRelay }: PaymentCoordinatorDeps, transition: Transition) {
  try {
    await transitions.project(transition);
    crash('projected');
  } catch (error) {
    logger.warn({ error, transition: transition.id }, 'the projection waits for the relay');
  }
  wakeRelay();
}

function build(call: Call, tail: Tail | null, change: Change, nowMs: number): Transition {
  const { deps, paymentId, signal, context } = call;
  const seq = (tail?.seq ?? 0) + 1;
  const idempotency = context.idempotencyClaim === undefined ? [] : [context.idempotencyClaim];
  // The index does not see a repeat within one document, so repeats are removed here.
  const claims = new Set([...change.claims, ...idempotency].filter((name) => !call.held.has(name)));
  const body = {
    id: transitionId(paymentId, seq),
    paymentId,
    seq,
    from: tail?.state.status ?? null,
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

function answer(decision: Exclude<Decision, Change>, tail: Tail | null): Observation {
  if (decision.outcome === 'refused') return { ...decision, state: tail?.state ?? null };
  if (tail === null) {
    return { outcome: 'refused', code: 'payment_not_found', detail: decision.reason, state: null };
  }
  return { outcome: 'noChange', state: tail.state, seq: tail.seq, reason: decision.reason };
}

/** Ends the work when its time is over: with what was committed by then, else with `busy`. */
async function withinDeadline(call: Call, work: (end: Promise<never>) => Promise<Observation>): Promise<Observation> {
  const { promise: end, reject } = Promise.withResolvers<never>();
  const cancel = (call.deps.startTimer ?? startTimer)(deadlineMs, () => {
    call.expired = true;
    reject(busy('The payment could not be changed in time.'));
  });
  try {
    return await Promise.race([work(end), end]);
  } catch (error) {
    if (call.expired && call.committed !== null) return call.committed;
    throw error;
  } finally {
    cancel();
  }
}

/** The signal itself is evidence, except where the state repeats all of it. */
function evidenceOf(signal: Signal, context: SignalContext): Readonly<Record<string, unknown>> {
  const opening = signal.kind === 'intentOpened' || signal.kind === 'payoutOpened';
  return { ...(opening ? {} : { signal }), ...context.evidence };
}
