import { AppError, type ErrorCode } from '../../errors.ts';

/** Most payments of one batch: 50 items fit one transaction of every chain that is offered (escrow-contract.md §2.1). */
export const batchMax = 50;
/** So many payments of a batch are looked at together: enough to share round trips, few enough for a public node. */
const together = 10;

/** One payment of a batch that cannot take part, and why. */
export interface ItemProblem {
  readonly paymentId: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Refusals that say nothing about the payment: the whole call fails and may be repeated. */
const passing: ReadonlySet<ErrorCode> = new Set(['chain_unavailable', 'busy', 'not_ready', 'provider_failed']);

/** Refuses an empty batch, one that is too long, and one that names a payment twice. */
export function demandBatch(paymentIds: readonly string[], field: string): void {
  if (paymentIds.length > 0 && paymentIds.length <= batchMax && new Set(paymentIds).size === paymentIds.length) return;
  throw new AppError('validation_failed', `${field} must be 1 to ${batchMax} payments, each of them once.`, {
    details: { field },
  });
}

/** The refusal as a problem of this payment; throws what is none. */
export function problemOf(paymentId: string, error: unknown): ItemProblem {
  if (!(error instanceof AppError) || passing.has(error.code)) throw error;
  return { ...error.details, paymentId, code: error.code, message: error.message };
}

/** Does the same for every item, a few at a time; answers in the order of the items. */
export async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let start = 0; start < items.length; start += together) {
    done.push(...(await Promise.all(items.slice(start, start + together).map(work))));
  }
  return done;
}

/** As `eachOf`, and refuses by the name of every payment that could not take part. */
export async function allOf<T extends { readonly paymentId: string }, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const outcomes = await eachOf(items, async (item) => {
    try {
      return { done: await work(item) };
    } catch (error) {
      return { problem: problemOf(item.paymentId, error) };
    }
  });
  const problems = outcomes.flatMap((outcome) => outcome.problem ?? []);
  if (problems.length > 0) {
    const message = `${problems.length} of ${items.length} payments cannot be released now; the batch is refused as a whole.`;
    throw new AppError('batch_refused', message, { details: { items: problems } });
  }
  return outcomes.flatMap((outcome) => ('done' in outcome ? [outcome.done as R] : []));
}
