import type { PaymentState, State } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { Place } from '../ports/pages.ts';
import type { Clock, Logger, Queries } from '../ports.ts';

export interface CheckOpenPaymentsDeps {
  readonly queries: Pick<Queries, 'payments'>;
  readonly verifyPayment: (
    paymentId: string,
    look: { readonly askProvider: boolean; readonly hint?: boolean },
  ) => Promise<State>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A payment that was looked at; `now` is null when it could not be. */
export interface CheckedPayment {
  readonly before: PaymentState;
  readonly now: PaymentState | null;
}

export interface CheckedBatch {
  readonly checked: readonly CheckedPayment[];
  /** Where the next batch begins; null at the end of the list. */
  readonly next: Place | null;
}

/** Looks at once; each asks a node some five questions. */
const together = 4;
/** Somebody waits for the answer: what is not looked at by then belongs to the next batch. */
const budgetMs = 15_000;

/** Looks at payments that are still open, oldest first, in bounded batches; one batch at a time, a second call is refused. */
export function createCheckOpenPayments({ queries, verifyPayment, clock, logger }: CheckOpenPaymentsDeps) {
  let running = false;

  async function look(before: PaymentState, askProvider: boolean): Promise<CheckedPayment> {
    try {
      const now = await verifyPayment(before.id, { askProvider, hint: true });
      return { before, now: now.direction === 'in' ? now : null };
    } catch (error) {
      logger.warn({ paymentId: before.id, error }, 'a payment could not be looked at');
      return { before, now: null };
    }
  }

  async function batch({ limit, after, askProvider }: CheckWanted): Promise<CheckedBatch> {
    const open = { direction: 'in', statuses: ['pending', 'processing'] } as const;
    const { items, next } = await queries.payments(open, { limit, order: 'oldestFirst', offset: 0, after });
    const untilMs = clock.now() + budgetMs;
    const checked: CheckedPayment[] = [];
    for (let start = 0; start < items.length; start += together) {
      const part = items.slice(start, start + together);
      const states = part.flatMap(({ state }) => (state.direction === 'in' ? [state] : []));
      checked.push(...(await Promise.all(states.map((state) => look(state, askProvider)))));
      const last = part.at(-1);
      if (last !== undefined && start + together < items.length && clock.now() >= untilMs) {
        return { checked, next: { atMs: last.createdAtMs, id: last.state.id } };
      }
    }
    return { checked, next };
  }

  return async function checkOpenPayments(wanted: CheckWanted): Promise<CheckedBatch> {
    if (running) throw new AppError('already_running', 'A batch is being looked at; repeat when it has ended.');
    running = true;
    try {
      return await batch(wanted);
    } finally {
      running = false;
    }
  };
}

/** One batch: how many, behind which, and whether the provider is asked as well. */
export interface CheckWanted {
  readonly limit: number;
  readonly after: Place | null;
  readonly askProvider: boolean;
}
