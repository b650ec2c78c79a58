import type { Transition } from '../../server/domain/transition.ts';
import { AppError } from '../../server/errors.ts';
import type { Relay } from '../../server/events/relay.ts';
import type {
  AppendResult,
  PaymentCoordinator,
  RelayStore,
  Tail,
  TailHints,
  TransitionStore,
} from '../../server/ports.ts';
import { createBatches } from '../../server/store/batches.ts';
import type { SimulatedMarketplace } from '../support/simulatedMarketplace.ts';
import type { SimulatedDatabase } from '../support/simulatedStore.ts';
import type { Parts } from './parts.ts';
import { quickDigest } from './quickDigest.ts';
import type { Watcher } from './watcher.ts';
import type { Weather } from './weather.ts';

/** Everything that outlives the processes of a run. */
export interface Ground {
  readonly parts: Parts;
  readonly database: SimulatedDatabase;
  readonly marketplace: SimulatedMarketplace;
  readonly watcher: Watcher;
  weather: Weather;
  nowMs: number;
  attempts: number;
  /** Nobody can be told of this payment's events. */
  deafTo: string | null;
  hints: boolean;
  batches: boolean;
}

/** One life of a server: its coordinator and its relay over one memory, and the moment it dies with everything in it. */
export interface SimulatedProcess {
  readonly coordinator: PaymentCoordinator;
  readonly relay: Relay;
  readonly died: Promise<'died'>;
  isDead(): boolean;
  kill(): void;
}

type Call = <T>(label: string, act: () => Promise<T>) => Promise<T>;

/** Operations for which a primary that lost its majority goes on without it. */
const partitionLength = 12;
/** One of its own each time: what waits for a promise that never ends is kept for as long as the promise. */
const never = () => new Promise<never>(() => {});
const busy = () => new AppError('busy', 'The line broke.');
const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };

/** Starts a process; `skewMs` is how far its clock goes wrong. */
export function startProcess(ground: Ground, skewMs: number): SimulatedProcess {
  const { parts, database } = ground;
  const { promise: died, resolve } = Promise.withResolvers<'died'>();
  let dead = false;
  const kill = () => {
    dead = true;
    resolve('died');
  };
  const call: Call = async (label, act) => {
    const { schedule, fault } = ground.weather;
    await schedule.turn(label);
    if (dead) return never();
    const wrong = fault(label);
    if (wrong !== null) parts.count?.(wrong);
    if (wrong === 'crashBefore') kill();
    if (dead) return never();
    if (wrong === 'requestLost') throw busy();
    if (wrong === 'partitionKept') database.partition(partitionLength, true);
    if (wrong === 'partitionRolledBack') database.partition(partitionLength, false);
    const result = await act();
    await schedule.turn('its answer');
    if (wrong === 'crashAfter') kill();
    if (dead) return never();
    if (wrong === 'replyLost') throw busy();
    return result;
  };
  const clock = { now: () => ground.nowMs + skewMs };
  const log = logOver(ground, call);
  const { project, projectOnce } = projectionsOver(log);
  const hints = ground.hints ? hintsOver(ground, call) : undefined;
  const coordinator = parts.createCoordinator({
    ...{ transitions: { ...log, project }, hints },
    ...{ decide: parts.decide, digest: quickDigest, clock, logger, crash: silent },
    ids: { attempt: () => `attempt-${ground.attempts++}` },
    wakeRelay: () => relay.wake(),
    pause: () => ground.weather.schedule.turn('pause'),
    startTimer: () => silent,
  });
  const relay = parts.createRelay({
    ...{ clock, logger, crash: silent, project: projectOnce },
    relayStore: relayStoreOver(ground, call),
    watches: { upsert: () => call('watch', () => Promise.resolve()) },
    subscribers: subscribersOver(ground, call, coordinator, clock),
    recordAlarm: ({ key }) => call('alarm', async () => void ground.watcher.delivered.add(key)),
    every: (_ms, callback) => onceLater(ground, () => !dead && callback()),
  });
  return { coordinator, relay, died, isDead: () => dead, kill };
}

/** A clock's hand that moves once at most, whenever its turn comes. */
function onceLater({ weather }: Ground, callback: () => void): () => void {
  let ended = false;
  void weather.schedule.turn('timer').then(() => !ended && callback());
  return () => {
    ended = true;
  };
}

/** Asks together what is asked at the same time, when the run wants it so. */
function together<Q, A>(ground: Ground, maxInFlight: number, run: (batch: readonly Q[]) => Promise<readonly A[]>) {
  const { schedule } = ground.weather;
  const leave = (start: () => void) => void schedule.turn('batch').then(start);
  if (ground.batches) return createBatches<Q, A>({ run, maxInFlight, leave, maxSize: 64, now: () => 0 });
  return async (question: Q) => (await run([question]))[0] as A;
}

function logOver(ground: Ground, call: Call): TransitionStore {
  const { parts, database, watcher } = ground;
  const log = parts.createLog(database);
  const appendOne = together<Transition, AppendResult>(ground, 2, (batch) =>
    call('append', async () => {
      const results = await log.append(batch);
      for (const { outcome } of results) parts.count?.(outcome);
      return results;
    }).catch((cause: unknown) => {
      if (cause instanceof AppError) return batch.map(() => ({ outcome: 'unknown' as const, cause }));
      throw cause;
    }),
  );
  return {
    append: (batch) => Promise.all(batch.map(appendOne)),
    tail: (id) => call('tail', () => log.tail(id)),
    at: (id, seq) => call('at', () => log.at(id, seq)),
    after: (id, seq, limit) => call('after', () => log.after(id, seq, limit)),
    claimant: (name) => call('claimant', () => log.claimant(name)),
    highestClaim: (prefix) => call('highestClaim', () => log.highestClaim(prefix)),
    claimsUnder: (prefix) => call('claimsUnder', () => log.claimsUnder(prefix)),
    project: (transition) =>
      call('project', async () => {
        await log.project(transition);
        watcher.projected(database, transition);
      }),
  };
}

function hintsOver(ground: Ground, call: Call): TailHints {
  const { hint, isTail } = ground.parts.createHints(ground.database);
  return {
    hint: together(ground, 1, (ids: readonly string[]) => call('hint', () => Promise.all(ids.map(hint)))),
    isTail: together(ground, 1, (tails: readonly Tail[]) => call('is tail', () => Promise.all(tails.map(isTail)))),
  };
}

/** Remembers what this process wrote, and writes none of it again for the relay, as `server/store/projections.ts` does. */
function projectionsOver(log: TransitionStore) {
  const versions = new Map<string, number>();
  const project: TransitionStore['project'] = async (transition) => {
    await log.project(transition);
    const { paymentId, seq } = transition;
    versions.set(paymentId, Math.max(seq, versions.get(paymentId) ?? 0));
  };
  const projectOnce: TransitionStore['project'] = async (transition) => {
    if ((versions.get(transition.paymentId) ?? 0) < transition.seq) await project(transition);
  };
  return { project, projectOnce };
}

function relayStoreOver({ parts, database, watcher }: Ground, call: Call): RelayStore {
  const store = parts.createRelayStore(database);
  return {
    lease: (...asked) =>
      call('lease', async () => {
        const leased = await store.lease(...asked);
        for (const one of leased) watcher.leased(one);
        return leased;
      }),
    renew: (leased, until) =>
      call('renew', async () => {
        const taken = await store.renew(leased, until);
        watcher.marked(leased, taken);
        return taken;
      }),
    done: (leased) =>
      call('done', async () => {
        const taken = await store.done(leased);
        watcher.marked(leased, taken);
        return taken;
      }),
    park: (id, key, reason, atMs) => call('park', () => store.park(id, key, reason, atMs)),
  };
}

function subscribersOver(ground: Ground, call: Call, coordinator: PaymentCoordinator, clock: { now(): number }) {
  const { parts, database, marketplace, watcher } = ground;
  return parts.createSubscribers({
    ...{ coordinator, clock, logger },
    marketplace: {
      setRequestStatus: (id, status, source) =>
        call('request', () => {
          database.begin(true);
          return marketplace.setRequestStatus(id, status, source);
        }),
      acceptOffer: (requestId, offerId, source) =>
        call('offers', () => {
          database.begin(true);
          return marketplace.acceptOffer(requestId, offerId, source);
        }),
    },
    dueWork: { schedule: () => call('due work', () => Promise.resolve()) },
    broadcast: {
      publish: (key, transition, event) =>
        call('tell', async () => {
          if (transition.paymentId === ground.deafTo) throw new Error('nobody listens');
          watcher.told(database, key, transition, event);
        }),
    },
    payoutChannel: () => ({ coin: 'BNB-USDT', wallet: 'hot', callbackUrl: 'https://example.org/payout' }),
    recordAlarm: ({ key }) => call('alarm', async () => void watcher.delivered.add(key)),
  });
}
