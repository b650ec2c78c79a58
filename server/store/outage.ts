import { MongoBulkWriteError, MongoError, MongoServerError } from 'mongodb';
import { AppError } from '../errors.ts';

/**
 * Server errors that pass by themselves: host unreachable/not found, time-outs (50, 89, 262), write concern (64), shutdown (91),
 * failover (189, 10107, 11600, 11602, 13435, 13436), interrupted (11601), write conflict (112), overload (462, 16500), disk full (14031).
 */
const transientCodes = new Set([
  6, 7, 50, 64, 89, 91, 112, 189, 262, 462, 9001, 10107, 11600, 11601, 11602, 13435, 13436, 14031, 16500,
]);

/** Duplicate key, whichever index refused it. */
export const duplicateKey = 11_000;
/** The collection's validator refused the document. */
export const validationFailure = 121;

/** Whether the database could not be reached or could not answer in time, as opposed to a mistake of ours. */
export function isOutage(error: unknown): boolean {
  // A bulk write wraps whatever ended it, also that no server was found, into an error of the server's kind.
  if (
    error instanceof MongoBulkWriteError &&
    error.errorResponse instanceof MongoError &&
    isOutage(error.errorResponse)
  )
    return true;
  if (error instanceof MongoServerError) {
    return transientCodes.has(Number(error.code)) || error.hasErrorLabel('RetryableWriteError');
  }
  if (error instanceof MongoError)
    return /Network|ServerSelection|Timeout|PoolCleared|PoolClosed|NotConnected|Topology/.test(error.name);
  return (
    error instanceof Error &&
    /^Mongoose(ServerSelection)?Error$/.test(error.name) &&
    /buffer|connect/i.test(error.message)
  );
}

/** The server's code for "it took longer than maxTimeMS". */
const tookTooLong = 50;

/** Whether the server gave a read up because its time was over. */
export const isTooLong = (error: unknown) => error instanceof MongoServerError && error.code === tookTooLong;

/** Whether an insert met a document that was there before. */
export function isDuplicateKey(error: unknown): error is MongoServerError {
  return error instanceof MongoServerError && error.code === duplicateKey;
}

/** Whether it was the document's id that was taken. */
export const isIdTaken = (error: MongoServerError): boolean => error.keyPattern?._id !== undefined;

/** Runs one database call; an outage leaves as the `busy` refusal, everything else unchanged. */
export async function reachable<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isOutage(error))
      throw new AppError('busy', 'The database cannot be reached right now; repeat unchanged.', { cause: error });
    throw error;
  }
}

type AsyncMethods = Record<string, (...args: never[]) => Promise<unknown>>;

/** The same store with every method's outages turned into `busy`. */
export function refusingWhenDown<T extends AsyncMethods>(store: T): T {
  const guarded = Object.entries(store).map(([name, method]) => [
    name,
    (...args: never[]) => reachable(() => method(...args)),
  ]);
  return Object.fromEntries(guarded) as T;
}
