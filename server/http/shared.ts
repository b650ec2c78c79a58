import type { Clock } from '../ports.ts';

/** Makes everybody who asks within `lifeMs` share one answer; a failure is shared as well. */
export function sharedFor<T>(lifeMs: number, clock: Clock, work: () => Promise<T>): () => Promise<T> {
  let last: { readonly answer: Promise<T>; readonly atMs: number; running: boolean } | null = null;
  return () => {
    if (last !== null && (last.running || clock.now() - last.atMs < lifeMs)) return last.answer;
    const turn = { answer: work(), atMs: clock.now(), running: true };
    const end = () => {
      turn.running = false;
    };
    turn.answer.then(end, end);
    last = turn;
    return turn.answer;
  };
}
