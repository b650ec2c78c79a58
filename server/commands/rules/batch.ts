import { AppError, type ErrorCode } from '../../errors.ts';

/** Most payments of one batch: 50 items fit one transaction of every chain that is offered. */
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

/** Whether no payment is named twice. */
export const namedOnce = (paymentIds: readonly string[]): boolean => new Set(paymentIds).size === paymentIds.length;

/** Refuses an empty batch, one that is too long, and one that names a payment twice. */
export function demandBatch(paymentIds: readonly string[], field: string): void {
  if (paymentIds.length > 0 && paymentIds.length <= batchMax && namedOnce(paymentIds)) return;
  throw new AppError('validation_failed', `${field} must be 1 to ${batchMax} payments, each of them once.`, {
    details: { field },
  });
}

/** Whether the refusal says nothing about the payment and ends by itself. */
export const isPassing = ({ code }: AppError): boolean => passing.has(code);

/** The refusal as it is told of this payment. */
export const asProblem = (paymentId: string, { details, code, message }: AppError): ItemProblem => ({
  ...{ ...details, paymentId, code, message },
});

/** The refusal as a problem of this payment; throws what is none. */
export function itemProblemOf(paymentId: string, error: unknown): ItemProblem {
  if (!(error instanceof AppError) || isPassing(error)) throw error;
  return asProblem(paymentId, error);
}

/** Does the same for every item, a few at a time; answers in the order of the items. */
export async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let start = 0; start < items.length; start += together) {
    done.push(...(await Promise.all(items.slice(start, start + together).map(work))));
  }
  return done;
}

/** Refuses all because of some; `done` are the payments whose part is done already. */
type Refusal = (problems: readonly ItemProblem[], done: readonly string[]) => AppError;

/** The refusal before anything is done. */
const refusedWhole: Refusal = (items, { length }) =>
  new AppError(
    'batch_refused',
    `${items.length} of ${items.length + length} payments cannot be released now; the batch is refused as a whole.`,
    { details: { items, prepared: [] } },
  );

/** The refusal after others were recorded: every payment has a log of its own, so what is recorded stays, and may be asked for again. */
export const refusedLate: Refusal = (items, prepared) =>
  new AppError(
    'batch_refused',
    `${items.length} of ${items.length + prepared.length} payments changed in this moment; the others are prepared and stay so.`,
    { details: { items, prepared } },
  );

/** As `eachOf`, and refuses by the name of every payment that could not take part. */
export async function allOf<T extends { readonly paymentId: string }, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  refusal = refusedWhole,
): Promise<R[]> {
  const outcomes = await eachOf(items, async (item) => {
    try {
      return { paymentId: item.paymentId, done: [await work(item)], problem: null };
    } catch (error) {
      return { paymentId: item.paymentId, done: [], problem: itemProblemOf(item.paymentId, error) };
    }
  });
  const problems = outcomes.flatMap(({ problem }) => problem ?? []);
  if (problems.length === 0) return outcomes.flatMap(({ done }) => done);
  throw refusal(
    problems,
    outcomes.flatMap(({ paymentId, problem }) => (problem === null ? [paymentId] : [])),
  );
}
