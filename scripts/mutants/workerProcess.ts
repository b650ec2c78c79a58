import { type ChildProcess, fork } from 'node:child_process';
import type { Test } from './suites.ts';
import type { Answer, Task } from './worker.ts';

/** Chains that were closed leave something behind: above this a worker makes room for a new one. */
const MOST_BYTES = 2_500_000_000;

/** A process that has loaded the tests, and is replaced when it hangs or grows. */
export class WorkerProcess {
  #child: ChildProcess | undefined;
  #tests: readonly Test[] = [];
  readonly #probes: boolean;

  /** @param probes Whether it hears the probes of what it runs. */
  constructor(probes = false) {
    this.#probes = probes;
  }

  /** All tests, the same in every worker. */
  async tests(): Promise<readonly Test[]> {
    await this.#started();
    return this.#tests;
  }

  /** Does a task, or answers nothing if that took too long. */
  async run(task: Task, limitMs: number): Promise<Answer | undefined> {
    const child = await this.#started();
    child.send(task);
    const answer = await answerOf(child, limitMs);
    if (answer === undefined || (answer.kind === 'outcome' && answer.rss > MOST_BYTES)) this.stop();
    return answer;
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #started(): Promise<ChildProcess> {
    if (this.#child) return this.#child;
    const child = fork('scripts/mutants/worker.ts', {
      env: {
        ...process.env,
        HARDHAT_CONFIG: 'scripts/mutants/hardhatConfig.ts',
        ...(this.#probes && { HOLDFAST_MUTANT_PROBES: '1' }),
      },
    });
    this.#child = child;
    const answer = await answerOf(child, 5 * 60_000);
    if (answer?.kind !== 'ready') throw new Error('the tests do not load');
    this.#tests = answer.tests;
    return child;
  }
}

function answerOf(child: ChildProcess, limitMs: number): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const end = (answer: Answer | undefined) => {
      clearTimeout(timer);
      child.off('message', end);
      child.off('exit', stopped);
      resolve(answer);
    };
    const stopped = () => end(undefined);
    const timer = setTimeout(stopped, limitMs);
    child.once('message', end);
    child.once('exit', stopped);
  });
}
