import { spawn } from 'node:child_process';

/** The result of a check that is not a test: types or lint. */
export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly output: string;
}

const CHECKS = [
  { name: 'typecheck', args: ['typecheck'] },
  { name: 'lint', args: ['lint'] },
] as const;

/** Runs all checks at once; each is the command a person would run by hand. */
export function runChecks(): Promise<CheckResult[]> {
  return Promise.all(CHECKS.map(({ name, args }) => runCheck(name, args)));
}

function runCheck(name: string, args: readonly string[]): Promise<CheckResult> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['scripts/launch.mjs', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', (error) => resolve({ name, passed: false, output: error.message }));
    child.once('close', (code) => {
      console.log(`  ${code === 0 ? '✔' : '✖'} ${name}`);
      resolve({ name, passed: code === 0, output });
    });
  });
}
