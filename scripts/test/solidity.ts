import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SolidityTests } from './arguments.ts';
import { runChild } from './child.ts';
import { type Counts, failRun, nothing } from './counts.ts';
import type { Lane } from './lanes.ts';

interface SolidityRun extends SolidityTests {
  /** Of this run; the result is left here. */
  readonly directory: string;
}

/** Runs the Solidity tests in their own process and counts; a run without a result, or that found no test, has failed. */
export function solidityLane({ files, profile, directory }: SolidityRun): Lane {
  return async (turn) => {
    const resultFile = path.join(directory, 'solidity.json');
    const args = [...process.execArgv, 'scripts/test/solidityRun.ts', resultFile, profile, ...files];
    // a long run looks elsewhere each time; a usual one keeps to the seed of hardhat.config.ts
    const looksElsewhere = profile === 'long' && !process.env.HOLDFAST_FUZZ_SEED;
    const env = { ...process.env, ...(looksElsewhere ? { HOLDFAST_FUZZ_SEED: freshSeed() } : {}) };
    const code = await runChild({ args, env, turn });
    const counts = readResult(resultFile);
    const fail = (given: Counts, why: string) => failRun(given, why, turn);
    if (!counts) return fail(nothing, `the Solidity tests ended with ${code} before they had a result`);
    if (code !== '0' && counts.failed === 0) return fail(counts, `the Solidity tests ended with ${code}`);
    if (counts.passed + counts.failed + counts.skipped === 0) return fail(counts, 'no Solidity test was found');
    return counts;
  };
}

function freshSeed(): string {
  return `0x${randomBytes(8).toString('hex')}`;
}

function readResult(file: string): Counts | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
