import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { printReport } from './contractCoverage/report.ts';
import { TestRuns } from './contractCoverage/testRuns.ts';
import { makeWorkCopy } from './contractCoverage/workCopy.ts';

/**
 * `npm run coverage:contracts [-- <test files>]`: the lines and branches of the escrow that its tests reach. The Mocha
 * tests run first, and the Solidity tests only if those leave something. Answers whether nothing is left.
 */
async function main(files: readonly string[]): Promise<boolean> {
  const root = process.cwd();
  const folder = path.join(root, '.holdfast/contract-coverage');
  mkdirSync(folder, { recursive: true });
  const points = makeWorkCopy(root, folder);
  const runs = new TestRuns(root, folder);
  const complete = () => points.every((point) => runs.hits().has(point.probe));
  await runs.compile();
  await runs.mocha(files);
  if (files.length === 0 && !complete()) await runs.solidity();
  printReport(points, runs.hits());
  return complete();
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
