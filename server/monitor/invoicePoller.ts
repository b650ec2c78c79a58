import type { State } from '../domain/state.ts';
import type { Clock, CrashPoint, DueWork, Logger } from '../ports.ts';
import { createWorkDriver, type WorkDriver } from './workDriver.ts';

export interface InvoicePollerDeps {
  readonly dueWork: DueWork;
  readonly verifyPayment: (paymentId: string, look: { readonly askProvider: boolean }) => Promise<State>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crash: CrashPoint;
  /** Pause between two looks while the payment is open. */
  readonly openEveryMs?: number;
}

/** The provider moves in steps of 60 s and is one process on SQLite: slower pauses and few questions at once. */
const openEveryMs = 60_000;
/**
 * Afterwards the pause is as long as the payment has been over, within these bounds: some thirty looks in a week of watching, not 672. The chain
 * monitor sees late money by itself; this is the second look, and what nobody paid must not crowd out what somebody pays now.
 */
const shortestLaterMs = 900_000;
const longestLaterMs = 6 * 3_600_000;
const inFlight = 4;

/** The poller: a driver of its own, so that its questions have a limit of their own. */
export interface InvoicePoller extends WorkDriver {
  /** One look; answers when the next one is due. */
  poll(paymentId: string): Promise<number | null>;
}

/** Asks the provider about invoices whose callbacks may have been lost, as long as their addresses are watched. */
export function createInvoicePoller(deps: InvoicePollerDeps): InvoicePoller {
  const { clock } = deps;

  async function poll(paymentId: string): Promise<number | null> {
    const state = await deps.verifyPayment(paymentId, { askProvider: true });
    const now = clock.now();
    if (state.direction !== 'in' || state.provider === null || now >= state.watchUntilMs) return null;
    const open = state.status === 'pending' || state.status === 'processing';
    if (open) return now + (deps.openEveryMs ?? openEveryMs);
    return now + Math.min(Math.max(now - state.expiresAtMs, shortestLaterMs), longestLaterMs);
  }

  const { dueWork, logger, crash } = deps;
  const driver = createWorkDriver({ dueWork, handlers: { poll }, clock, logger, crash, concurrency: inFlight });
  return { ...driver, poll };
}
