/** How calls are put together: `run` answers a batch in the order of its questions. */
export interface BatchRules<Q, A> {
  readonly run: (batch: readonly Q[]) => Promise<readonly A[]>;
  readonly maxSize: number;
  readonly maxInFlight: number;
  /** What a question weighs, and how much one batch may weigh together; a heavier one goes alone. */
  readonly weigh?: (question: Q) => number;
  readonly maxWeight?: number;
  /** When a batch leaves that nothing holds back: at the end of the turn of the event loop. */
  readonly leave?: (start: () => void) => void;
}

/** Asks one question; it leaves together with those that are asked at the same time. */
export type Ask<Q, A> = (question: Q) => Promise<A>;

interface Waiting<Q, A> {
  readonly question: Q;
  readonly weight: number;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects calls and runs them together (design §4, group commit). A lone call leaves at the end of the turn of the event loop it came
 * in; while `maxInFlight` batches are on their way the next ones collect, so that batches grow with the load by themselves.
 */
export function createBatches<Q, A>(rules: BatchRules<Q, A>): Ask<Q, A> {
  const { run, maxSize, maxInFlight, weigh = () => 0, maxWeight = Number.POSITIVE_INFINITY } = rules;
  const { leave = setImmediate } = rules;
  const waiting: Waiting<Q, A>[] = [];
  const running = new Set<Promise<void>>();
  let scheduled = false;

  function schedule(): void {
    if (scheduled || waiting.length === 0 || running.size >= maxInFlight) return;
    scheduled = true;
    leave(() => {
      scheduled = false;
      start();
      schedule();
    });
  }

  function next(): Waiting<Q, A>[] {
    let size = 0;
    let weight = 0;
    for (const one of waiting) {
      if (size === maxSize || (size > 0 && weight + one.weight > maxWeight)) break;
      size += 1;
      weight += one.weight;
    }
    return waiting.splice(0, size);
  }

  function start(): void {
    const batch = next();
    const work = answer(batch).finally(() => {
      running.delete(work);
      schedule();
    });
    running.add(work);
  }

  async function answer(batch: readonly Waiting<Q, A>[]): Promise<void> {
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

  return (question) => {
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    waiting.push({ question, weight: weigh(question), resolve, reject });
    schedule();
    return promise;
  };
}
