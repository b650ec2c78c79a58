import { rmSync } from 'node:fs';
import { onEndRequest } from './services/endRequest.ts';
import { parseTestArguments } from './test/arguments.ts';
import { runChecks } from './test/checks.ts';
import { makeTestFolder, removeOldTestFolders } from './test/folder.ts';
import { addCounts, nothing, runMocha } from './test/mocha.ts';
import { startTestServices } from './test/services.ts';
import { runSolidity } from './test/solidity.ts';

/** Runs what was asked for and answers how many passed, failed and were skipped; a failed check counts as a failed test. */
async function main(): Promise<{ passed: number; failed: number; skipped: number }> {
  const wanted = parseTestArguments(process.argv.slice(2));
  await removeOldTestFolders();
  const directory = makeTestFolder();
  const services = wanted.needsServices ? await startTestServices(directory) : undefined;
  try {
    const checks = wanted.checks ? await runChecks() : [];
    const mocha = await runMocha({ ...wanted, directory, env: { ...process.env, ...services?.env } });
    const solidity = wanted.solidity ? await runSolidity({ ...wanted.solidity, directory }) : nothing;
    const run = addCounts(mocha, solidity);
    const failedChecks = checks.filter((check) => !check.passed);
    for (const check of failedChecks) console.log(`\n${check.name} failed:\n\n${check.output}`);
    return { ...run, failed: run.failed + failedChecks.length };
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
