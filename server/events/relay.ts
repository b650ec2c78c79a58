import { type Effect, effectTypes, type Transition } from '../domain/transition.ts';
import { NewerVersionError } from '../errors.ts';
import type { Clock, CrashPoint, LeasedTransition, Logger, RelayStore, WatchStore } from '../ports.ts';
import type { RecordAlarm, Subscribers } from './subscribers.ts';
import { watchOf } from './watchOf.ts';

export interface RelayDeps {
  readonly relayStore: RelayStore;
  readonly project: (transition: Transition) => Promise<void>;
  readonly watches: Pick<WatchStore, 'upsert'>;
  readonly subscribers: Subscribers;
  readonly recordAlarm: RecordAlarm;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crash: CrashPoint;
  /** Payments worked on at a time in this process. */
  readonly concurrency?: number;
  /** Calls back every `ms` until the returned function was called; leases are renewed by it. */
  readonly every?: (ms: number, callback: () => void) => () => void;
}

/** Carries out the effects of transitions: at least once each, in order per payment. */
export interface Relay {
  /** There is something to do, probably; never needed for correctness. */
  wake(): void;
  start(): void;
  /** Takes nothing more and waits for what is running. */
  stop(): Promise<void>;
  /** Works until nothing is left that could be taken now. */
  drain(): Promise<void>;
}

const leaseMs = 5_000;
const renewEveryMs = 2_000;
const pollEveryMs = 1_000;
const standardConcurrency = 64;
/** Attempts before an effect is parked; with the pauses below about two minutes. */
const maxAttempts = 10;
const firstBackoffMs = 250;
const longestBackoffMs = 60_000;

/** Builds the relay; refuses a table of subscribers in which an effect type is missing. */
export function createRelay(deps: RelayDeps): Relay {
  const missing = effectTypes.filter((type) => !(type in deps.subscribers));
  if (missing.length > 0) throw new Error(`No subscriber for: ${missing.join(', ')}`);
  const concurrency = deps.concurrency ?? standardConcurrency;
  const running = new Set<Promise<void>>();
  let asked = false;
  let stopped = false;
  let taking: Promise<void> | null = null;
  let poll: NodeJS.Timeout | undefined;

  function begin(leased: LeasedTransition): void {
    const work = carryOut(deps, leased).finally(() => {
      running.delete(work);
      // The next transition of the same payment may be free now.
      wake();
    });
    running.add(work);
  }

  /** As many as there is room for, and again as often as one that has ended asked meanwhile. */
  async function take(): Promise<void> {
    while (asked && !stopped) {
      asked = false;
      const room = concurrency - running.size;
      if (room > 0) for (const one of await lease(deps, room)) begin(one);
    }
  }

  function wake(): void {
    asked = true;
    if (stopped || taking !== null) return;
    taking = take().finally(() => {
      taking = null;
      if (asked) wake();
    });
  }

  async function settled(): Promise<void> {
    while (taking !== null || running.size > 0) await Promise.all([taking, ...running]);
  }

  return {
    wake,
    start() {
      poll = setInterval(wake, pollEveryMs);
      wake();
    },
    async stop() {
      stopped = true;
      clearInterval(poll);
      await settled();
    },
    async drain() {
      wake();
      await settled();
    },
  };
}

async function lease({ relayStore, clock, logger }: RelayDeps, atMost: number): Promise<readonly LeasedTransition[]> {
  try {
    return await relayStore.lease(clock.now(), leaseMs, atMost);
  } catch (error) {
    logger.warn({ error }, 'the relay cannot read its work; it tries again at the next poll');
    return [];
  }
}

async function carryOut(deps: RelayDeps, leased: LeasedTransition): Promise<void> {
  const { relayStore, clock, logger, crash } = deps;
  const { transition, fence } = leased;
  crash('relayLeased');
  const hold = keepLease(deps, leased);
  try {
    await deps.project(transition);
    const watch = watchOf(transition.state);
    if (watch !== null) await deps.watches.upsert(watch);
    for (const effect of transition.effects) {
      if (hold.lost()) return;
      await performOrPark(deps, effect, leased);
    }
    if (hold.lost()) return;
    await relayStore.done(leased);
    crash('effectMarked');
  } catch (error) {
    const pauseMs = Math.min(firstBackoffMs * 2 ** (fence - 1), longestBackoffMs);
    logger.warn({ error, transition: transition.id, attempt: fence, pauseMs }, 'an effect failed and is tried again');
    hold.end();
    await relayStore.renew(leased, clock.now() + pauseMs).catch((cause: unknown) => {
      logger.warn({ error: cause, transition: transition.id }, 'the lease could not be changed; it ends by itself');
    });
  } finally {
    hold.end();
  }
}

/** Performs one effect; the transition's fence counts the attempts, also those of processes that died. */
async function performOrPark(deps: RelayDeps, effect: Effect, leased: LeasedTransition): Promise<void> {
  const { crash, clock } = deps;
  const { transition, fence } = leased;
  crash(`beforeEffect:${effect.type}`);
  try {
    await perform(deps.subscribers, effect, transition);
  } catch (error) {
    // A server of the version that knows the other payment will do it, however long the two stand side by side.
    if (fence < maxAttempts || error instanceof NewerVersionError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const { paymentId, seq } = transition;
    deps.logger.error({ category: 'alarm', effect: effect.key, type: effect.type, error }, 'an effect was parked');
    await deps.relayStore.park(transition.id, effect.key, reason, clock.now());
    const key = `${effect.key}-parked`;
    await deps.recordAlarm({ key, category: 'parked', paymentId, seq, reason, atMs: clock.now() });
  }
  crash(`afterEffect:${effect.type}`);
}

function perform(subscribers: Subscribers, effect: Effect, transition: Transition): Promise<void> {
  const handler = subscribers[effect.type] as (effect: Effect, transition: Transition) => Promise<void>;
  return handler(effect, transition);
}

/** Renews the lease while the work runs; once another process holds it, this one stops at the next effect. */
function keepLease({ relayStore, clock, logger, every = everyInterval }: RelayDeps, leased: LeasedTransition) {
  let lost = false;
  const renew = async () => {
    try {
      lost = !(await relayStore.renew(leased, clock.now() + leaseMs)) || lost;
    } catch (error) {
      logger.warn({ error, transition: leased.transition.id }, 'the lease could not be renewed');
    }
  };
  const end = every(renewEveryMs, () => void renew());
  return { lost: () => lost, end };
}

function everyInterval(ms: number, callback: () => void): () => void {
  const timer = setInterval(callback, ms).unref();
  return () => clearInterval(timer);
}
