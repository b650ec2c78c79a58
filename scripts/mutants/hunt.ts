import type { Choice } from './choice.ts';
import type { Mutant } from './mutant.ts';
import type { Result, Results } from './results.ts';
import type { Schema } from './schema.ts';
import { WorkerProcess } from './workerProcess.ts';

/** As many as the machine that this is made for has cores; each takes about a gigabyte. */
const WORKERS = 2;
/** All tests take about two minutes; a mutant that makes them take so long is noticed by that. */
const LIMIT_MS = 15 * 60_000;

/** Where the build with all mutants is, and who is in it. */
export interface Ground {
  readonly build: string;
  readonly schema: Schema;
  readonly choice: Choice;
  readonly results: Results;
  /** Whether to look if a survivor is the same as the original. */
  readonly compare: boolean;
}

/** Runs the tests against each mutant, two at a time. */
export async function hunt(mutants: readonly Mutant[], ground: Ground, tell: (result: Result) => void): Promise<void> {
  const queue = [...mutants];
  const lane = async () => {
    const worker = new WorkerProcess();
    try {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) tell(await judge(mutant, ground, worker));
    } finally {
      worker.stop();
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, lane));
}

async function judge(mutant: Mutant, ground: Ground, worker: WorkerProcess): Promise<Result> {
  const { build, schema, choice, results } = ground;
  const started = Date.now();
  const end = (status: Result['status'], by?: string) => results.add(mutant.id, status, Date.now() - started, by);
  const turn = schema.ids.indexOf(mutant.id) + 1;
  const how = turn > 0 ? { build, turn } : { alone: mutant };
  const answer = await worker.run({ tests: choice.testsFor(mutant), bail: true, ...how }, LIMIT_MS);
  if (answer === undefined) return end('timeout');
  if (answer.kind === 'uncompilable') return end('uncompilable');
  if (answer.kind !== 'outcome') throw new Error(`no outcome, but ${answer.kind}`);
  const [failure] = answer.failures;
  if (failure) {
    choice.learn(mutant, failure.title);
    return end('killed', `${failure.file}: ${failure.title}`);
  }
  if (!ground.compare) return end('survived');
  const compared = await worker.run({ tests: [], bail: true, compare: mutant }, LIMIT_MS);
  return end(compared?.kind === 'equivalent' ? 'equivalent' : 'survived');
}
