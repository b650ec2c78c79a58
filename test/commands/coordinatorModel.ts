import { createPaymentCoordinator } from '../../server/commands/paymentCoordinator.ts';
import { arrivalKey, claim } from '../../server/domain/claim.ts';
import { balanced } from '../../server/domain/ledger.ts';
import { decide } from '../../server/domain/payment.ts';
import type { Signal } from '../../server/domain/signal.ts';
import { AppError } from '../../server/errors.ts';
import type { AppendResult, Observation, TransitionStore } from '../../server/ports.ts';
import { digest } from '../../server/store/codec.ts';
import { expiresAtMs, prepared } from '../domain/factories.ts';
import { createTestClock } from '../support/clock.ts';
import { buildIntentSignal, buildTransfer, createTestLogger, randomIds } from '../support/factories.ts';
import { createSimulatedStore, type SimulatedDatabase } from '../support/simulatedStore.ts';

/** What happens to one call of the database; a crash takes the whole process with it. */
export const faults = ['none', 'crashBefore', 'crashAfter', 'requestLost', 'replyLost', 'hidden'] as const;
export type Fault = (typeof faults)[number];

/** How the model runs: who comes next, and what goes wrong. */
export interface Chance {
  turn(label: string): Promise<void>;
  fault(): Fault;
}

/** Something a client of the model does, again and again until it gets an answer. */
export interface Action {
  readonly paymentId: string;
  readonly signal: Signal;
  readonly idempotencyClaim?: string;
}

/** Two payments of one request, and everything the world may say about them. */
export function buildWorld() {
  const [first, second] = [randomIds.payment(), randomIds.payment()];
  const openFirst = buildIntentSignal({ rail: 'web3', provider: null });
  const { requestId } = openFirst.intent;
  const openSecond = buildIntentSignal({ rail: 'web3', provider: null, requestId });
  const a = (signal: Signal, key?: string): Action => ({
    ...{ paymentId: first, signal },
    ...(key === undefined ? {} : { idempotencyClaim: claim.idempotency('admin', 'route', `${first}${key}`) }),
  });
  const b = (signal: Signal): Action => ({ paymentId: second, signal });
  const sixty = buildTransfer(openFirst.intent, 60n);
  const forty = buildTransfer(openFirst.intent, 40n);
  const openings = [a(openFirst), b(openSecond)];
  const actions = [
    a({ kind: 'transferConfirmed', transfer: sixty }),
    a({ kind: 'transferConfirmed', transfer: forty }),
    b({ kind: 'transferConfirmed', transfer: buildTransfer(openSecond.intent, 100n) }),
    a({ kind: 'transferSeen', transfer: sixty }),
    a({ kind: 'cancelRequested' }, 'cancel'),
    a({ kind: 'deadlinePassed' }),
    b({ kind: 'deadlinePassed' }),
    b({ kind: 'lateAccepted' }),
    a({ kind: 'lateAccepted' }, 'late'),
    a(prepared(100n, 0n), 'release'),
    a(prepared(0n, 100n), 'refund'),
    a({ kind: 'transferOrphaned', arrivalKey: arrivalKey(sixty), epoch: 0 }),
  ];
  return { openings, actions, payments: [first, second] };
}

const never = new Promise<never>(() => {});
const busy = () => new AppError('busy', 'The line broke.');

/** One life of a server process: its coordinator, and the moment it dies. */
function startProcess(database: SimulatedDatabase, chance: Chance) {
  const { promise: died, resolve } = Promise.withResolvers<'died'>();
  let dead = false;
  const die = () => {
    dead = true;
    resolve('died');
    return never;
  };
  const store = createSimulatedStore(database);

  async function call<T>(label: string, act: () => Promise<T>): Promise<T> {
    await chance.turn(label);
    const fault = chance.fault();
    if (dead) return never;
    if (fault === 'crashBefore') return die();
    if (fault === 'requestLost') throw busy();
    const result = await act();
    await chance.turn(`${label}, the answer`);
    if (dead) return never;
    if (fault === 'crashAfter') return die();
    if (fault === 'replyLost') throw busy();
    return result;
  }

  /** The same faults for the one write whose failure is an answer, plus a write that majority reads see only later. */
  async function append(batch: Parameters<TransitionStore['append']>[0]): Promise<AppendResult[]> {
    await chance.turn('append');
    const fault = chance.fault();
    if (dead) return never;
    if (fault === 'crashBefore') return die();
    const unknown = batch.map((): AppendResult => ({ outcome: 'unknown', cause: busy() }));
    if (fault === 'requestLost') return unknown;
    database.operations += 1;
    const results = batch.map((one) => database.insert(one, fault === 'hidden' ? hiddenFor : 0));
    await chance.turn('append, the answer');
    if (dead) return never;
    if (fault === 'crashAfter') return die();
    return fault === 'replyLost' || fault === 'hidden' ? unknown : results;
  }

  const transitions: TransitionStore = {
    append,
    tail: (id) => call('tail', () => store.tail(id)),
    at: (id, seq) => call('at', () => store.at(id, seq)),
    after: (id, seq, limit) => call('after', () => store.after(id, seq, limit)),
    claimant: (name) => call('claimant', () => store.claimant(name)),
    highestClaim: (prefix) => call('highestClaim', () => store.highestClaim(prefix)),
    claimsUnder: (prefix) => call('claimsUnder', () => store.claimsUnder(prefix)),
    project: (transition) => call('project', () => store.project(transition)),
  };
  const coordinator = createPaymentCoordinator({
    ...{ transitions, decide, digest, ids: randomIds, logger: createTestLogger().logger },
    clock: createTestClock(expiresAtMs + 1),
    crash: () => {},
    wakeRelay: () => {},
    pause: () => chance.turn('pause'),
    startTimer: () => () => {},
  });
  return { coordinator, died };
}

/** Operations after which a write with a write-concern error is visible to majority reads. */
const hiddenFor = 12;
const maxSendings = 8;

/** Sends one action until it is answered, to another process after each crash, as providers and clients do. */
export async function send(database: SimulatedDatabase, chance: Chance, action: Action): Promise<Observation | null> {
  for (let sending = 0; sending < maxSendings; sending += 1) {
    const { coordinator, died } = startProcess(database, chance);
    const { paymentId, signal, ...idempotency } = action;
    const context = { actor: 'model', ...idempotency };
    const answered = coordinator.observe(paymentId, signal, context).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'busy') return 'busy' as const;
      throw error;
    });
    const outcome = await Promise.race([answered, died]);
    if (outcome !== 'busy' && outcome !== 'died') return outcome;
  }
  return null;
}

/** Everything that is wrong with what is stored (invariants I1, I3, I4, I6, I14 and one funding per request). */
export function violationsOf(
  database: SimulatedDatabase,
  payments: readonly string[],
  acknowledged: readonly { action: Action; seq: number }[],
): string[] {
  const wrong = [...database.violations];
  const demand = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what);
  };
  const completed = new Set<string>();
  for (const paymentId of payments) {
    const history = database.history(paymentId);
    history.forEach((transition, index) => {
      const { hash, ...body } = transition;
      demand(transition.seq === index + 1, `${transition.id}: a gap`);
      demand(digest(body) === hash, `${transition.id}: the hash is wrong`);
      demand(index === 0 || transition.prev === history[index - 1]?.hash, `${transition.id}: the chain is broken`);
      demand(balanced(transition.legs), `${transition.id}: the legs do not balance`);
      if (transition.to === 'completed') completed.add(paymentId);
    });
    const tail = history.at(-1);
    demand(database.projections.get(paymentId)?.id === tail?.id, `${paymentId}: the projection is behind`);
    const arrivals = tail?.state.direction === 'in' ? tail.state.arrivals : [];
    const standing = arrivals.filter(({ reversed }) => !reversed).map(arrivalKey);
    demand(new Set(standing).size === standing.length, `${paymentId}: a transfer counts twice`);
  }
  demand(completed.size <= 1, 'the request was funded twice');
  for (const { action, seq } of acknowledged) {
    const stored = database.history(action.paymentId)[seq - 1];
    demand(stored?.kind === action.signal.kind, `${action.paymentId}:${seq} was acknowledged and is not there`);
  }
  return wrong;
}
