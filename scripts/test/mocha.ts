import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runChild } from './child.ts';
import { type Counts, failRun, nothing } from './counts.ts';
import type { Lane } from './lanes.ts';

interface MochaRun {
  readonly coverage: boolean;
  /** Files and options. */
  readonly mochaArguments: readonly string[];
  /** Of this run; the result is left here under `name`. */
  readonly directory: string;
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs mocha in its own process and counts; a run that did not come to its end, or left something open, has failed. */
export function mochaLane({ coverage, mochaArguments, directory, name, env }: MochaRun): Lane {
  return async (turn) => {
    const resultFile = path.join(directory, `${name}.json`);
    const c8 = ['node_modules/c8/bin/c8.js', '--reporter=text-summary', '--reporter=html', '--include=server/**'];
    const mocha = ['node_modules/mocha/bin/_mocha', ...mochaArguments];
    const args = [...process.execArgv, ...(coverage ? [...c8, process.execPath, ...mocha] : mocha)];
    const code = await runChild({ args, env: { ...env, HOLDFAST_TEST_RESULT: resultFile }, turn });
    return judge(code, readResult(resultFile), turn);
  };
}

type MochaResult = Counts & { readonly leftOpen: readonly string[] };

function judge(code: string, result: MochaResult | undefined, turn: Promise<void>): Counts {
  const fail = (counts: Counts, why: string) => failRun(counts, why, turn);
  if (!result) return fail(nothing, `mocha ended with ${code} before its tests did`);
  const { leftOpen, ...counts } = result;
  if (leftOpen.length > 0) return fail(counts, `the tests left something open: ${leftOpen.join(', ')}`);
  if (code !== '0' && counts.failed === 0) return fail(counts, `mocha ended with ${code} although no test failed`);
  if (counts.passed + counts.failed + counts.skipped === 0) return fail(counts, 'no test was found');
  return counts;
}

function readResult(file: string): MochaResult | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
