import { AppError } from '../../errors.ts';

/** Long readings at a time: of one user, and of all together in this process; the last ones are kept for operators, whatever users hold. */
const perUser = 2;
const together = 16;
const forOperators = 4;

/** Counts what runs; `take` answers how to give the place back, and may be called back more than once. */
export function createSlots() {
  const running = new Map<string, number>();
  let all = 0;
  return function take(userId: string, isOperator: boolean): () => void {
    const own = running.get(userId) ?? 0;
    if (own >= perUser) {
      const message = `${perUser} exports of yours are running; wait for one to end.`;
      throw new AppError('rate_limited', message);
    }
    if (all >= (isOperator ? together : together - forOperators))
      throw new AppError('busy', 'Too many exports are running; repeat in a while.');
    running.set(userId, own + 1);
    all += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      all -= 1;
      const left = (running.get(userId) ?? 1) - 1;
      if (left > 0) running.set(userId, left);
      else running.delete(userId);
    };
  };
}
