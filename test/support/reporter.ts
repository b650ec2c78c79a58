import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** What the test launcher reads after a run to print the last line. */
export interface RunResult {
  passed: number;
  failed: number;
  skipped: number;
  /** What was still open when the process should have ended; empty after a clean run. */
  leftOpen: string[];
}

/** How long a run may take to close what its tests opened. */
const CLOSE_LIMIT_MS = 10_000;

/** Mocha's own report, plus the counts in a file and a watch over what the tests left open. */
class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const result: RunResult = { passed: passes, failed: failures, skipped: pending, leftOpen: [] };
      writeResult(result);
      // an unreferenced timer fires only when something else keeps the process alive
      setTimeout(() => {
        result.leftOpen = process.getActiveResourcesInfo().filter((name) => !STANDARD_STREAMS.has(name));
        writeResult(result);
        process.exit(1);
      }, CLOSE_LIMIT_MS).unref();
    });
  }
}

/** The process's own streams are always open. */
const STANDARD_STREAMS = new Set(['TTYWrap']);

function writeResult(result: RunResult): void {
  const file = process.env.HOLDFAST_TEST_RESULT;
  if (file) writeFileSync(file, JSON.stringify(result));
}

// mocha loads a reporter by `require`, which answers the export of this name
export { Reporter as 'module.exports' };
