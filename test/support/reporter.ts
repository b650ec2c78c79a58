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
    const times = watchTimes(runner);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const result: RunResult = { passed: passes, failed: failures, skipped: pending, leftOpen: [] };
      writeResult(result);
      for (const line of slowest(times)) console.log(line);
      // an unreferenced timer fires only when something else keeps the process alive
      setTimeout(() => {
        result.leftOpen = process.getActiveResourcesInfo().filter((name) => !STANDARD_STREAMS.has(name));
        writeResult(result);
        process.exit(1);
      }, CLOSE_LIMIT_MS).unref();
    });
  }
}

/** Only groups that matter for the length of a whole run are named. */
const NAMED_FROM_MS = 10_000;

/** Milliseconds of each outermost group of tests, its hooks included. */
function watchTimes(runner: Mocha.Runner): Map<string, number> {
  const { EVENT_SUITE_BEGIN, EVENT_SUITE_END } = Mocha.Runner.constants;
  const times = new Map<string, number>();
  let begunMs = 0;
  runner.on(EVENT_SUITE_BEGIN, (suite) => {
    if (suite.parent?.root) begunMs = Date.now();
  });
  runner.on(EVENT_SUITE_END, (suite) => {
    if (suite.parent?.root) times.set(suite.title, (times.get(suite.title) ?? 0) + Date.now() - begunMs);
  });
  return times;
}

function slowest(times: ReadonlyMap<string, number>): string[] {
  const long = [...times].filter(([, ms]) => ms >= NAMED_FROM_MS).sort(([, a], [, b]) => b - a);
  const lines = long.slice(0, 10).map(([title, ms]) => `  ${(ms / 1000).toFixed(0).padStart(5)} s  ${title}`);
  return lines.length > 0 ? ['  Where the time went:', '', ...lines] : [];
}

/** The process's own streams are always open. */
const STANDARD_STREAMS = new Set(['TTYWrap']);

function writeResult(result: RunResult): void {
  const file = process.env.HOLDFAST_TEST_RESULT;
  if (file) writeFileSync(file, JSON.stringify(result));
}

// mocha loads a reporter by `require`, which answers the export of this name
export { Reporter as 'module.exports' };
