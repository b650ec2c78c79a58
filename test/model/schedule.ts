/** Whose turn it is: every await of a simulated process waits here until it is chosen. */
export interface Schedule {
  turn(label: string): Promise<void>;
}

/** Lets everybody go on at once, in the order of the calls. */
export const calmSchedule: Schedule = { turn: () => Promise.resolve() };

/** Numbers from 0 to 2^32 that follow from the seed alone (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

interface Waiting {
  readonly label: string;
  readonly go: () => void;
}

/**
 * Lets one of those that wait go on at a time, and the next one only when the first has come to its next await. The order follows from `seed`;
 * with seed 0 it is first come, first served. `onTurn` hears who goes on.
 */
export function createSchedule(seed: number, onTurn: (label: string) => void): Schedule {
  const random = seed === 0 ? () => 0 : randomFrom(seed);
  const waiting: Waiting[] = [];
  let planned = false;

  // A tick that a microtask asks for comes when no microtask is left: everybody has come to his next await.
  const plan = () => process.nextTick(step);
  function ask(): void {
    if (planned) return;
    planned = true;
    queueMicrotask(plan);
  }
  function step(): void {
    planned = false;
    const [next] = waiting.splice(random() % waiting.length, 1);
    if (next === undefined) return;
    onTurn(next.label);
    next.go();
    if (waiting.length > 0) ask();
  }
  return {
    turn(label) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ label, go: resolve });
      ask();
      return promise;
    },
  };
}
