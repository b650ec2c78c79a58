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

/** What a run without tests counted. */
export const nothing: Counts = { passed: 0, failed: 0, skipped: 0 };

/** What two runs counted together. */
export function addCounts(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

interface MochaRun {
  readonly coverage: boolean;
  /** One mocha process for each list of arguments, side by side. */
  readonly lanes: TestArguments['lanes'];
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs all lanes at the same time, shows one after the other, and adds up what they counted. */
export async function runMocha({ lanes, ...run }: MochaRun): Promise<Counts> {
  const turns = lanes.map(() => Promise.withResolvers<void>());
  turns[0]?.resolve();
  const counted = await Promise.all(
    lanes.map((mochaArguments, lane) =>
      runLane({ ...run, mochaArguments, lane, turn: turns[lane]?.promise }).finally(() => turns[lane + 1]?.resolve()),
    ),
  );
  return counted.reduce(addCounts, nothing);
}

interface Lane extends Omit<MochaRun, 'lanes'> {
  readonly mochaArguments: readonly string[];
  readonly lane: number;
  /** Resolves when it may write to the terminal. */
  readonly turn: Promise<void> | undefined;
}

/** Runs mocha in its own process and counts; a run that did not come to its end, or left something open, has failed. */
async function runLane({ coverage, mochaArguments, directory, env, lane, turn }: Lane): Promise<Counts> {
  const resultFile = path.join(directory, `mocha-${lane}.json`);
  const c8 = ['node_modules/c8/bin/c8.js', '--reporter=text-summary', '--reporter=html', '--include=server/**'];
  const mocha = ['node_modules/mocha/bin/_mocha', ...mochaArguments];
  const args = [...process.execArgv, ...(coverage ? [...c8, process.execPath, ...mocha] : mocha)];
  const code = await run(args, { ...env, HOLDFAST_TEST_RESULT: resultFile }, turn);
  const result = readResult(resultFile);
  if (!result) return fail(nothing, `mocha ended with ${code} before its tests did`);
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

/** Keeps what it prints until its turn, then lets it through as it comes. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv, turn: Promise<void> | undefined): Promise<string> {
  const child = spawn(process.execPath, args, {
    stdio: ['inherit', 'pipe', 'pipe'],
    env: { ...env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? String(code)));
  });
  const kept: Buffer[] = [];
  let show = (chunk: Buffer) => void kept.push(chunk);
  child.stdout.on('data', (chunk) => show(chunk));
  child.stderr.on('data', (chunk) => show(chunk));
  turn?.then(() => {
    process.stdout.write(Buffer.concat(kept));
    show = (chunk) => void process.stdout.write(chunk);
  });
  const code = await ended;
  await turn;
  return code;
}

function readResult(file: string): (Counts & { readonly leftOpen: readonly string[] }) | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
