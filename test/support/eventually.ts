/** First pause between two looks, short enough not to be felt. */
const firstPauseMs = 10;
/** Longest pause, long enough that many who wait for blocks do not crowd a two-core machine. */
const longestPauseMs = 400;

/**
 * Waits until `check` answers something other than `false`, `null` or `undefined` and returns it; an error thrown by
 * `check` counts as "not yet" and stands in the final message. For conditions of other processes: no test sleeps.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: { readonly timeoutMs: number; readonly what: string },
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + options.timeoutMs;
  let last = '';
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    try {
      const value = await check();
      if (isSettled(value)) return value;
      last = `last value ${String(value)}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > deadline) throw new Error(`not within ${options.timeoutMs} ms: ${options.what} (${last})`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

const isSettled = <T>(value: T): value is Exclude<T, false | null | undefined> =>
  value !== false && value !== null && value !== undefined;
