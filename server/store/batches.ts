import { AppError } from '../errors.ts';
import { type StartTimer, startTimer } from '../timers.ts';

/** How calls are put together: `run` answers a batch in the order of its questions. */
export interface BatchRules<Q, A> {
  readonly run: (batch: readonly Q[]) => Promise<readonly A[]>;
  readonly maxSize: number;
  readonly maxInFlight: number;
  /** What a question weighs, and how much one batch may weigh together; a heavier one goes alone. */
  readonly weigh?: (question: Q) => number;
  readonly maxWeight?: number;
  /** How many questions, and how much weight, may wait to be sent; more are refused. */
  readonly maxWaiting?: number;
  readonly maxWaitingWeight?: number;
  /** A question that has waited for longer is refused when its turn comes: its caller has left. */
  readonly patienceMs?: number;
  /** Asked when a question's turn comes; false when its caller has left before. */
  readonly isWanted?: (question: Q) => boolean;
  /** A batch that is on its way for longer lets one more go beside those that may be. */
  readonly slowAfterMs?: number;
  /** When a batch leaves that nothing holds back: at the end of the turn of the event loop. */
  readonly leave?: (start: () => void) => void;
  readonly now?: () => number;
  readonly startTimer?: StartTimer;
}

/** Asks one question; it leaves together with those that are asked at the same time. */
export type Ask<Q, A> = (question: Q) => Promise<A>;

/** Sixty batches: half a second of work, and more than all sources together tell of a thousand payments at once. */
const mostWaiting = 4_000;
/** As long as the longest call waits for its answer (`deadlineMs` of the coordinator). */
const longestWaitMs = 5_000;

/** Of a question that was certainly not sent. */
const refusal = (why: string) => new AppError('busy', `${why} Repeat unchanged.`);

interface Waiting<Q, A> {
  readonly question: Q;
  readonly weight: number;
  readonly untilMs: number;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects calls and runs them together (group commit, docs/adr/0013). A lone call leaves at the end of the turn of the event loop it came
 * in; while `maxInFlight` batches are on their way the next ones collect, so that batches grow with the load by themselves. What waits is bounded
 * in number, weight and age: while the database is away callers leave, and what they asked must not pile up.
 */
export function createBatches<Q, A>(rules: BatchRules<Q, A>): Ask<Q, A> {
  const { run, maxInFlight, weigh = () => 0, leave = setImmediate, slowAfterMs } = rules;
  const queue = createQueue<Q, A>(rules);
  const running = new Set<Promise<void>>();
  const slow = new Set<Promise<void>>();
  let scheduled = false;

  const isHeldBack = () => running.size >= maxInFlight + Math.min(slow.size, 1);

  function schedule(): void {
    if (scheduled || queue.isEmpty() || isHeldBack()) return;
    scheduled = true;
    leave(() => {
      scheduled = false;
      start();
      schedule();
    });
  }

  function start(): void {
    const batch = queue.next();
    if (batch.length === 0) return;
    const work = answer(run, batch).finally(() => {
      stopTimer?.();
      slow.delete(work);
      running.delete(work);
      schedule();
    });
    running.add(work);
    const becomeSlow = () => {
      slow.add(work);
      schedule();
    };
    const stopTimer = slowAfterMs === undefined ? undefined : (rules.startTimer ?? startTimer)(slowAfterMs, becomeSlow);
  }

  return (question) => {
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    queue.add({ question, weight: weigh(question), resolve, reject });
    schedule();
    return promise;
  };
}

/** What waits to be sent. */
function createQueue<Q, A>(rules: BatchRules<Q, A>) {
  const { maxSize, maxWeight = Number.POSITIVE_INFINITY, now = () => performance.now() } = rules;
  const { maxWaiting = mostWaiting, maxWaitingWeight = Number.POSITIVE_INFINITY, patienceMs = longestWaitMs } = rules;
  const waiting: Waiting<Q, A>[] = [];
  let waitingWeight = 0;

  const isLate = ({ untilMs, question }: Waiting<Q, A>, nowMs: number) =>
    untilMs < nowMs || rules.isWanted?.(question) === false;

  return {
    isEmpty: () => waiting.length === 0,
    add(one: Omit<Waiting<Q, A>, 'untilMs'>): void {
      if (waiting.length >= maxWaiting || waitingWeight + one.weight > maxWaitingWeight) {
        one.reject(refusal('Too many calls wait for the database.'));
        return;
      }
      waiting.push({ ...one, untilMs: now() + patienceMs });
      waitingWeight += one.weight;
    },
    /** The next batch; what came too late for it is refused and never sent. */
    next(): Waiting<Q, A>[] {
      const batch: Waiting<Q, A>[] = [];
      const nowMs = now();
      let weight = 0;
      let passed = 0;
      for (const one of waiting) {
        if (isLate(one, nowMs)) one.reject(refusal('The database did not take this call in time.'));
        else if (batch.length === maxSize || (batch.length > 0 && weight + one.weight > maxWeight)) break;
        else {
          batch.push(one);
          weight += one.weight;
        }
        passed += 1;
        waitingWeight -= one.weight;
      }
      waiting.splice(0, passed);
      return batch;
    },
  };
}

/** Runs a batch and gives everybody in it his own answer. */
async function answer<Q, A>(run: BatchRules<Q, A>['run'], batch: readonly Waiting<Q, A>[]): Promise<void> {
  try {
    const answers = await run(batch.map(({ question }) => question));
    if (answers.length !== batch.length) throw new Error(`${batch.length} questions got ${answers.length} answers`);
    batch.forEach(({ resolve }, index) => {
      resolve(answers[index] as A);
    });
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}
