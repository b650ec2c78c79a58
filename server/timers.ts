/** Calls back once after `ms` unless the returned function was called before. */
export type StartTimer = (ms: number, callback: () => void) => () => void;

/** The timer of the process; tests hand in one that they ring by hand. */
export const startTimer: StartTimer = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/** The result of the work, or a failure when it takes too long; the work itself goes on, and nobody hears of it any more. */
export async function within<T>(
  work: Promise<T>,
  limitMs: number,
  late: () => Error = () => new Error('too slow'),
): Promise<T> {
  const { promise: end, reject } = Promise.withResolvers<never>();
  const stop = startTimer(limitMs, () => reject(late()));
  try {
    return await Promise.race([work, end]);
  } finally {
    stop();
  }
}
