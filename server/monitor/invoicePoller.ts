import type { State } from '../domain/state.ts';
import type { Clock, CrashPoint, DueWork, Logger } from '../ports.ts';
import { createWorkDriver, type WorkDriver } from './workDriver.ts';

export interface InvoicePollerDeps {
  readonly dueWork: DueWork;
  readonly verifyPayment: (paymentId: string, look: { readonly askProvider: boolean }) => Promise<State>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crash: CrashPoint;
  /** Pause between two looks while the payment is open, and afterwards until it is no longer watched. */
  readonly openMs?: number;
  readonly laterMs?: number;
}

/** What `auto-webhook/status` shows. */
export interface PollerStatus {
  readonly isMonitoring: boolean;
  readonly polls: number;
  readonly lastPollAtMs: number | null;
}

/** The provider moves in steps of 60 s and is one process on SQLite (shkeeper.md §10.6): slower pauses and few questions at once. */
const openMs = 60_000;
const laterMs = 900_000;
const inFlight = 4;

/** Asks the provider about invoices whose callbacks may have been lost, as long as their addresses are watched. */
export function createInvoicePoller(deps: InvoicePollerDeps): WorkDriver & { status(): PollerStatus } {
  const { clock } = deps;
  let polls = 0;
  let lastPollAtMs: number | null = null;
  let isMonitoring = false;

  async function poll(paymentId: string): Promise<number | null> {
    const state = await deps.verifyPayment(paymentId, { askProvider: true });
    const now = clock.now();
    polls += 1;
    lastPollAtMs = now;
    if (state.direction !== 'in' || state.provider === null || now >= state.watchUntilMs) return null;
    const open = state.status === 'pending' || state.status === 'processing';
    return now + (open ? (deps.openMs ?? openMs) : (deps.laterMs ?? laterMs));
  }

  const { dueWork, logger, crash } = deps;
  const driver = createWorkDriver({ dueWork, handlers: { poll }, clock, logger, crash, concurrency: inFlight });
  return {
    ...driver,
    start() {
      isMonitoring = true;
      driver.start();
    },
    async stop() {
      isMonitoring = false;
      await driver.stop();
    },
    status: () => ({ isMonitoring, polls, lastPollAtMs }),
  };
}
