import type { Choice } from './choice.ts';
import type { Mutant } from './mutant.ts';
import type { Result, Results } from './results.ts';
import type { Schema } from './schema.ts';
import { WorkerProcess } from './workerProcess.ts';

/** As many as the machine that this is made for has cores; each takes about a gigabyte. */
const WORKERS = 2;
/** All tests take about two minutes; a mutant that makes them take so long is noticed by that. */
const LIMIT_MS = 15 * 60_000;

/** Of the tests that run first. */
const FIRST_MS = 8_000;

/** Where the build with all mutants is, and who is in it. */
export interface Ground {
  readonly build: string;
  readonly schema: Schema;
  readonly choice: Choice;
  readonly results: Results;
  /** Whether to look if a survivor is the same as the original. */
  readonly compare: boolean;
}

/** A mutant, and the tests that have run against it without noticing. */
interface Quarry {
  readonly mutant: Mutant;
  readonly tried: readonly number[];
}

/**
 * Runs the tests against each mutant, two at a time: of each those that are most likely to notice it, then of those that
 * are left all others, so that most is known early.
 */
export async function hunt(mutants: readonly Mutant[], ground: Ground, tell: (result: Result) => void): Promise<void> {
  const queue: Quarry[] = mutants.map((mutant) => ({ mutant, tried: [] }));
  const lane = async () => {
    const worker = new WorkerProcess();
    try {
      for (let quarry = queue.shift(); quarry; quarry = queue.shift()) {
        const found = await judge(quarry, ground, worker);
        if ('status' in found) tell(found);
        else queue.push(found);
      }
    } finally {
      worker.stop();
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, lane));
}

async function judge({ mutant, tried }: Quarry, ground: Ground, worker: WorkerProcess): Promise<Result | Quarry> {
  const { build, schema, choice, results } = ground;
  const started = Date.now();
  const end = (status: Result['status'], by?: string) => results.add(mutant.id, status, Date.now() - started, by);
  const turn = schema.ids.indexOf(mutant.id) + 1;
  const all = choice.testsFor(mutant).filter((test) => !tried.includes(test));
  const tests = tried.length === 0 ? choice.within(all, FIRST_MS) : all;
  const how = turn > 0 ? { build, turn } : { alone: mutant };
  const answer = await worker.run({ tests, bail: true, ...how }, LIMIT_MS);
  if (answer === undefined) return end('timeout');
  if (answer.kind === 'uncompilable') return end('uncompilable');
  if (answer.kind !== 'outcome') throw new Error(`no outcome, but ${answer.kind}`);
  const [failure] = answer.failures;
  if (failure) {
    choice.learn(mutant, failure.title);
    return end('killed', `${failure.file}: ${failure.title}`);
  }
  if (tests.length < all.length) return { mutant, tried: tests };
  if (!ground.compare) return end('survived');
  const compared = await worker.run({ tests: [], bail: true, compare: mutant }, LIMIT_MS);
  return end(compared?.kind === 'equivalent' ? 'equivalent' : 'survived');
}
