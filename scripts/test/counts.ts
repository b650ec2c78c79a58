/** How many tests passed, failed and were skipped. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What a run without tests counted. */
export const nothing: Counts = { passed: 0, failed: 0, skipped: 0 };

/** What two runs counted together. */
export function addCounts(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

/** Counts a run that went wrong as one more failed test, and says why when it is its turn. */
export function failRun(counts: Counts, why: string, turn: Promise<void>): Counts {
  turn.then(() => console.log(`\n${why}`));
  return { ...counts, failed: counts.failed + 1 };
}
