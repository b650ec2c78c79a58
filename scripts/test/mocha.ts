import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TestArguments } from './arguments.ts';

/** How many tests passed, failed and were skipped. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface MochaRun extends Pick<TestArguments, 'coverage' | 'mochaArguments'> {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs mocha in its own process and counts; a run that did not come to its end, or left something open, has failed. */
export async function runMocha({ coverage, mochaArguments, directory, env }: MochaRun): Promise<Counts> {
  const resultFile = path.join(directory, 'mocha.json');
  const c8 = ['node_modules/c8/bin/c8.js', '--reporter=text-summary', '--reporter=html', '--include=server/**'];
  const mocha = ['node_modules/mocha/bin/_mocha', ...mochaArguments];
  const code = await run([...process.execArgv, ...(coverage ? [...c8, process.execPath, ...mocha] : mocha)], {
    ...env,
    HOLDFAST_TEST_RESULT: resultFile,
  });
  const result = readResult(resultFile);
  if (!result) return fail({ passed: 0, failed: 0, skipped: 0 }, `mocha ended with ${code} before its tests did`);
  const { leftOpen, ...counts } = result;
  if (leftOpen.length > 0) return fail(counts, `the tests left something open: ${leftOpen.join(', ')}`);
  if (code !== '0' && counts.failed === 0) return fail(counts, `mocha ended with ${code} although no test failed`);
  if (counts.passed + counts.failed + counts.skipped === 0) return fail(counts, 'no test was found');
  return counts;
}

function fail(counts: Counts, why: string): Counts {
  console.log(`\n${why}`);
  return { ...counts, failed: counts.failed + 1 };
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit', env });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ?? String(code)));
  });
}

function readResult(file: string): (Counts & { readonly leftOpen: readonly string[] }) | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
