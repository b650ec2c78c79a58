import { setTimeout as delay } from 'node:timers/promises';
import { BoundedMap } from '../boundedMap.ts';
import { AppError } from '../errors.ts';
import type { Clock, CrashPoint, DueKind, DueRow, DueWork, Logger } from '../ports.ts';

/** Works one row; answers when to work it again, or null when it is done. */
export type DueHandler = (paymentId: string) => Promise<number | null>;
export type DueHandlers = Readonly<Partial<Record<DueKind, DueHandler>>>;

export interface WorkDriverDeps {
  readonly dueWork: DueWork;
  readonly handlers: DueHandlers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crash: CrashPoint;
  /** Rows worked at the same time. */
  readonly concurrency?: number;
  /** Pause between two looks for due rows; a nudge makes it shorter. */
  readonly idleMs?: number;
}

export interface WorkDriver {
  start(): void;
  /** Takes no more rows and waits for those that are being worked. */
  stop(): Promise<void>;
  /** Works everything that is due now and waits for it; answers how many rows were worked. */
  drain(): Promise<number>;
  /** Works what is due of one kind; the nudge names a payment, but the rows in the database decide. */
  runDue(kind: DueKind, paymentId: string): Promise<void>;
}

/** Short, so that the work of a process that died goes on within seconds; renewed while the work runs. */
const leaseMs = 6_000;
const renewEveryMs = 2_000;
const firstBackoffMs = 1_000;
const maxBackoffMs = 30_000;
/** The provider may work on an unanswered request for 10 s more. */
const askAgainMs = 10_000;
/** Rows worked at a time: what is due asks a node some five questions, one after the other, and waits for most of its time. */
const standardConcurrency = 16;
/** A look waits for company before the next one, so that what becomes due by itself is taken together; a block takes far longer. */
const companyMs = 20;
/** Rows of one `drain`; a handler that is due again at once must not keep it for ever. */
const maxDrained = 1_000;

/** Failing rows remembered by one process; beyond that the pauses of the oldest start anew. */
const remembered = 10_000;

const keyOf = (row: DueRow) => `${row.kind}:${row.paymentId}`;

/** Works single rows: under a lease that is renewed, and postponed longer each time that it fails. */
function createRowWorker({ clock, crash, dueWork, handlers, logger }: WorkDriverDeps) {
  const failures = new BoundedMap<string, number>(remembered);

  function backoffMs(row: DueRow): number {
    const failed = (failures.get(keyOf(row)) ?? 0) + 1;
    failures.set(keyOf(row), failed);
    const pause = Math.min(firstBackoffMs * 2 ** (failed - 1), maxBackoffMs);
    return row.kind === 'askAddress' ? Math.max(pause, askAgainMs) : pause;
  }

  async function settle(row: DueRow, nextAtMs: number | null): Promise<void> {
    failures.delete(keyOf(row));
    await (nextAtMs === null ? dueWork.finish(row) : dueWork.postpone(row, nextAtMs));
  }

  /** Keeps the row while `job` runs; a renewal that fails is only a shorter lease. */
  async function underLease<T>(row: DueRow, job: () => Promise<T>): Promise<T> {
    const renew = () => dueWork.renew(row, clock.now() + leaseMs).catch(() => undefined);
    const renewal = setInterval(renew, renewEveryMs);
    try {
      return await job();
    } finally {
      clearInterval(renewal);
    }
  }

  async function work(row: DueRow): Promise<void> {
    crash('due:taken');
    const { kind, paymentId } = row;
    try {
      const nextAtMs = (await underLease(row, async () => handlers[kind]?.(paymentId))) ?? null;
      crash('due:worked');
      await settle(row, nextAtMs);
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') {
        logger.error({ kind, paymentId, error }, 'due work names a payment that does not exist');
        return settle(row, null);
      }
      logger.warn({ kind, paymentId, attempts: row.attempts, error }, 'due work failed and is tried again');
      await dueWork.postpone(row, clock.now() + backoffMs(row));
    }
  }

  /** A database that is away now leaves the row leased; it is due again when the lease is over. */
  return (row: DueRow): Promise<void> =>
    work(row).catch((error) =>
      logger.error({ kind: row.kind, paymentId: row.paymentId, error }, 'due work stays leased'),
    );
}

/** Calls `look` in the background, again and again with a pause, and at once when it is woken; never twice at a time. */
function createWatch(idleMs: number, look: () => Promise<void>) {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let looking: Promise<void> | null = null;
  let again = false;

  function wake(): void {
    again = true;
    if (!running || looking !== null) return;
    clearTimeout(timer);
    again = false;
    looking = look().finally(() => {
      looking = null;
      if (again) wake();
      else if (running) timer = setTimeout(wake, idleMs);
    });
  }

  return {
    wake,
    isRunning: () => running,
    start() {
      running = true;
      wake();
    },
    async stop() {
      running = false;
      clearTimeout(timer);
      await looking;
    },
  };
}

/** Repeats due work until it is done: takes rows under a lease, works them, finishes or postpones them. */
export function createWorkDriver(deps: WorkDriverDeps): WorkDriver {
  const { clock, dueWork, handlers, logger } = deps;
  const concurrency = deps.concurrency ?? standardConcurrency;
  const kinds = (Object.keys(handlers) as DueKind[]).filter((kind) => handlers[kind] !== undefined);
  const working = new Set<Promise<void>>();
  const work = createRowWorker(deps);

  function begin(row: DueRow): void {
    const done = work(row).finally(() => {
      working.delete(done);
      watch.wake();
    });
    working.add(done);
  }

  async function takeWhileFree(): Promise<void> {
    for (let room = concurrency - working.size; room > 0 && watch.isRunning(); room = concurrency - working.size) {
      const rows = await dueWork.take(kinds, clock.now(), leaseMs, room);
      for (const row of rows) begin(row);
      if (rows.length < room) break;
    }
    await delay(companyMs);
  }
  const watch = createWatch(deps.idleMs ?? 500, () =>
    takeWhileFree().catch((error) => logger.warn({ error }, 'due work cannot be read')),
  );

  async function workAll(only: readonly DueKind[]): Promise<number> {
    for (let count = 0; count < maxDrained; count += 1) {
      const [row] = await dueWork.take(only, clock.now(), leaseMs, 1);
      if (row === undefined) return count;
      await work(row);
    }
    return maxDrained;
  }

  return {
    start: watch.start,
    async stop() {
      await watch.stop();
      await Promise.all(working);
    },
    drain: () => workAll(kinds),
    async runDue(kind) {
      if (!kinds.includes(kind)) return;
      if (watch.isRunning()) watch.wake();
      else await workAll([kind]);
    },
  };
}
