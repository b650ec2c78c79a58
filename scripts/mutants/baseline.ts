import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Point } from '../contractCoverage/instrument.ts';
import { compileEscrow } from './compiler.ts';
import { withProbes } from './probes.ts';
import type { Sources } from './sources.ts';
import type { Outcome, Test } from './suites.ts';
import { WorkerProcess } from './workerProcess.ts';

/** What the tests do when no mutant is at work. */
export interface Baseline {
  readonly tests: readonly Test[];
  /** Milliseconds of each test. */
  readonly costs: readonly number[];
  /** Probes that each test reaches. */
  readonly reached: readonly (readonly number[])[];
  readonly points: readonly Point[];
  /** Titles of tests whose gas limits need the real build: they take no part. */
  readonly unfit: readonly string[];
}

/** More of them would mean that something else is wrong. */
const MOST_UNFIT = 12;
const LIMIT_MS = 30 * 60_000;

/** Runs all tests against the build with nobody's turn, and beside it against one with probes; or reads what came out last time. */
export async function measureBaseline(folder: string, key: string, build: string, sources: Sources): Promise<Baseline> {
  const file = path.join(folder, `baseline-${key}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const probed = withProbes(sources);
  const probeBuild = path.join(folder, 'probes.hex');
  writeFileSync(probeBuild, compileEscrow(probed.sources, 'probes').bytecode);
  const [plain, heard] = await Promise.all([runAll(build, false), runAll(probeBuild, true)]);
  const unfit = plain.outcome.failures.map(({ title }) => title);
  if (unfit.length > MOST_UNFIT) {
    const reasons = plain.outcome.failures.map(({ title, error }) => `${title}: ${error}`);
    throw new Error(`tests fail without any mutant:\n${reasons.join('\n')}`);
  }
  const costs = plain.tests.map(() => 0);
  for (const { test, ms } of plain.outcome.runs) costs[test] = ms;
  const reached: (readonly number[])[] = plain.tests.map(() => []);
  for (const { test, probes } of heard.outcome.runs) reached[test] = probes;
  const baseline: Baseline = { tests: plain.tests, costs, reached, points: probed.points, unfit };
  writeFileSync(file, JSON.stringify(baseline));
  return baseline;
}

async function runAll(build: string, probes: boolean): Promise<{ tests: readonly Test[]; outcome: Outcome }> {
  const worker = new WorkerProcess(probes);
  try {
    const tests = await worker.tests();
    const answer = await worker.run({ tests: [...tests.keys()], bail: false, build }, LIMIT_MS);
    if (answer?.kind !== 'outcome') throw new Error('the tests do not come to an end');
    return { tests, outcome: answer };
  } finally {
    worker.stop();
  }
}
