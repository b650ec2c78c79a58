import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { onEndRequest } from './services/endRequest.ts';
import { parseTestArguments } from './test/arguments.ts';
import { findLeaks } from './test/canaries.ts';
import { type CheckResult, runChecks } from './test/checks.ts';
import { type Counts, nothing } from './test/counts.ts';
import { makeTestFolder, removeOldTestFolders } from './test/folder.ts';
import { inSequence, type Lane, runLanes } from './test/lanes.ts';
import { mochaLane } from './test/mocha.ts';
import { startTestServices } from './test/services.ts';
import { solidityLane } from './test/solidity.ts';

/** Runs what was asked for and answers how many passed, failed and were skipped; a failed check counts as a failed test. */
async function main(): Promise<Counts> {
  const wanted = parseTestArguments(process.argv.slice(2));
  await removeOldTestFolders();
  const directory = makeTestFolder();
  const services = wanted.needsServices ? await startTestServices(directory) : undefined;
  try {
    const failedChecks: CheckResult[] = [];
    const checkLane: Lane = async () => {
      failedChecks.push(...(await runChecks()).filter((check) => !check.passed));
      return nothing;
    };
    const logs = path.join(directory, 'heard');
    mkdirSync(logs);
    const env = {
      ...process.env,
      ...services?.env,
      HOLDFAST_TEST_LOGS: logs,
      HOLDFAST_TEST_FOLDER: path.dirname(directory),
    };
    const lanes: Lane[][] = wanted.lanes.map((runs, at) =>
      runs.map((mochaArguments, n) =>
        mochaLane({ coverage: wanted.coverage, mochaArguments, directory, name: `mocha-${at}-${n}`, env }),
      ),
    );
    // The last lane is the shortest.
    if (wanted.solidity) lanes.push([...(lanes.pop() ?? []), solidityLane({ ...wanted.solidity, directory })]);
    const run = await runLanes([...(wanted.checks ? [checkLane] : []), ...lanes.map(inSequence)]);
    for (const check of failedChecks) console.log(`\n${check.name} failed:\n\n${check.output}`);
    const leaks = findLeaks(logs, wanted.lanes.length > 1);
    if (leaks.length > 0) console.log(`\nSecrets were logged:\n\n  ${leaks.join('\n  ')}`);
    return { ...run, failed: run.failed + failedChecks.length + Math.min(leaks.length, 1) };
  } finally {
    await services?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

onEndRequest(() => process.exit(130));
let result = { passed: 0, failed: 1, skipped: 0 };
try {
  result = await main();
} catch (error) {
  console.error(error);
}
console.log(`\n${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
process.exitCode = result.failed === 0 ? 0 : 1;
