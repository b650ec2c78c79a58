import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SolidityTests } from './arguments.ts';
import { type Counts, nothing } from './mocha.ts';

interface SolidityRun extends SolidityTests {
  /** Of this run; the result is left here. */
  readonly directory: string;
}

/** Runs the Solidity tests in their own process and counts; a run without a result, or that found no test, has failed. */
export async function runSolidity({ files, profile, directory }: SolidityRun): Promise<Counts> {
  const resultFile = path.join(directory, 'solidity.json');
  const code = await run([...process.execArgv, 'scripts/test/solidityRun.ts', resultFile, profile, ...files], {
    ...process.env,
    // a long run looks elsewhere each time; a usual one keeps to the seed of hardhat.config.ts
    ...(profile === 'long' && !process.env.HOLDFAST_FUZZ_SEED ? { HOLDFAST_FUZZ_SEED: freshSeed() } : {}),
  });
  const counts = readResult(resultFile);
  if (!counts) return fail(nothing, `the Solidity tests ended with ${code} before they had a result`);
  if (code !== '0' && counts.failed === 0) return fail(counts, `the Solidity tests ended with ${code}`);
  if (counts.passed + counts.failed + counts.skipped === 0) return fail(counts, 'no Solidity test was found');
  return counts;
}

function freshSeed(): string {
  return `0x${randomBytes(8).toString('hex')}`;
}

function fail(counts: Counts, why: string): Counts {
  console.log(`\n${why}`);
  return { ...counts, failed: counts.failed + 1 };
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? String(code)));
  });
}

function readResult(file: string): Counts | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
