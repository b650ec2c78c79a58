import type { Clock } from '../../server/ports.ts';

/** A clock that stands until a test moves it. */
export interface TestClock extends Clock {
  advance(ms: number): void;
}

/** Builds a clock that starts at `startMs`. */
export function createTestClock(startMs = 1_800_000_000_000): TestClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
  };
}
