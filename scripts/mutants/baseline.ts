import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Point } from '../contractCoverage/instrument.ts';
import { compileEscrow } from './compiler.ts';
import { withProbes } from './probes.ts';
import { hashOf, type Sources } from './sources.ts';
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

/** What is kept of a file of tests, in the order in which they stand there. */
interface Known {
  readonly hash: string;
  readonly unfit: readonly string[];
  readonly costs: readonly number[];
  readonly reached: readonly (readonly number[])[];
}

/** More of them would mean that something else is wrong. */
const MOST_UNFIT = 12;
const LIMIT_MS = 30 * 60_000;

/**
 * Runs all tests against the build with nobody's turn, and beside it against one with probes. Of files that have not
 * changed since the last time it takes what came out then.
 */
export async function measureBaseline(
  folder: string,
  build: string,
  sources: Sources,
  texts: Sources,
): Promise<Baseline> {
  const shared = Object.entries(texts).filter(([name]) => !name.endsWith('.test.ts'));
  const file = path.join(folder, `baseline-${hashOf({ ...sources, ...Object.fromEntries(shared) })}.json`);
  const known: Record<string, Known> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const probed = withProbes(sources);
  const worker = new WorkerProcess();
  const listener = new WorkerProcess(true);
  try {
    const tests = await worker.tests();
    const hashes = new Map(Object.entries(texts).map(([name, text]) => [name, hashOf({ [name]: text })]));
    const fresh = (name: string) => known[name]?.hash === hashes.get(name);
    const changed = [...tests.keys()].filter((test) => !fresh(tests[test]?.file ?? ''));
    if (changed.length > 0) {
      const probeBuild = path.join(folder, 'probes.hex');
      writeFileSync(probeBuild, compileEscrow(probed.sources, 'probes').bytecode);
      const [plain, heard] = await Promise.all([run(worker, build, changed), run(listener, probeBuild, changed)]);
      for (const name of new Set(changed.map((test) => tests[test]?.file ?? ''))) {
        known[name] = knownOf(tests, name, hashes.get(name) ?? '', plain, heard);
      }
      writeFileSync(file, JSON.stringify(known));
    }
    return { tests, points: probed.points, ...gathered(tests, known) };
  } finally {
    worker.stop();
    listener.stop();
  }
}

async function run(worker: WorkerProcess, build: string, tests: readonly number[]): Promise<Outcome> {
  const answer = await worker.run({ tests, bail: false, build }, LIMIT_MS);
  if (answer?.kind !== 'outcome') throw new Error('the tests do not come to an end');
  if (answer.failures.length > MOST_UNFIT) {
    const reasons = answer.failures.map(({ title, error }) => `${title}: ${error}`);
    throw new Error(`tests fail without any mutant:\n${reasons.join('\n')}`);
  }
  return answer;
}

function knownOf(tests: readonly Test[], file: string, hash: string, plain: Outcome, heard: Outcome): Known {
  const own = [...tests.keys()].filter((test) => tests[test]?.file === file);
  const titles = own.map((test) => tests[test]?.title ?? '');
  const costs = new Map(plain.runs.map(({ test, ms }) => [test, ms]));
  const probes = new Map(heard.runs.map((entry) => [entry.test, entry.probes]));
  return {
    hash,
    unfit: plain.failures.map(({ title }) => title).filter((title) => titles.includes(title)),
    costs: own.map((test) => costs.get(test) ?? 0),
    reached: own.map((test) => probes.get(test) ?? []),
  };
}

function gathered(tests: readonly Test[], known: Readonly<Record<string, Known>>) {
  const places = new Map<string, number>();
  const costs: number[] = [];
  const reached: (readonly number[])[] = [];
  for (const { file } of tests) {
    const place = places.get(file) ?? 0;
    places.set(file, place + 1);
    costs.push(known[file]?.costs[place] ?? 0);
    reached.push(known[file]?.reached[place] ?? []);
  }
  const unfit = [...places.keys()].flatMap((file) => known[file]?.unfit ?? []);
  return { costs, reached, unfit };
}
