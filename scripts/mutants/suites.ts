import { readdirSync } from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';
import { reached } from './reached.ts';

/** One test of mocha; its place in the list of all is its number. */
export interface Test {
  readonly title: string;
  readonly file: string;
  /** The outermost suite, whose tests are best run together. */
  readonly group: number;
}

/** How one test went. */
export interface TestRun {
  readonly test: number;
  readonly ms: number;
  readonly probes: readonly number[];
}

/** What became of the tests that were run. */
export interface Outcome {
  readonly runs: readonly TestRun[];
  /** Titles, with the error of each. */
  readonly failures: readonly { title: string; file: string; error: string }[];
}

/** These compare gas with that of the real build, or its size. */
const REAL_BUILD_TESTS = [
  'gas.test.ts',
  'gas.others.test.ts',
  'contractCoverage.test.ts',
  'MarketplaceEscrow/attacks.gas.test.ts',
  'MarketplaceEscrow/settle.batchCap.test.ts',
];
/** Of one test, twice what mocha gives it otherwise. */
const TIMEOUT_MS = 60_000;

/** Its results are read from the runner. */
class Silent extends Mocha.reporters.Base {}

/** The tests of the contracts, loaded once, of which any choice can be run again and again. */
export class Suites {
  readonly tests: Test[] = [];
  readonly #mocha = new Mocha({ timeout: TIMEOUT_MS, reporter: Silent, bail: true });
  readonly #all = new Map<Mocha.Suite, { tests: Mocha.Test[]; suites: Mocha.Suite[] }>();
  readonly #numbers = new Map<Mocha.Test, number>();

  async load(root: string): Promise<void> {
    const folder = path.join(root, 'test/contracts');
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
    for (const name of names.filter((file) => file.endsWith('.test.ts')).sort()) {
      if (!REAL_BUILD_TESTS.includes(name)) this.#mocha.addFile(path.join(folder, name));
    }
    await this.#mocha.loadFilesAsync();
    this.#mocha.cleanReferencesAfterRun(false);
    this.#keep(this.#mocha.suite, -1, folder);
  }

  #keep(suite: Mocha.Suite, group: number, folder: string): void {
    this.#all.set(suite, { tests: suite.tests, suites: suite.suites });
    for (const test of suite.tests) {
      this.#numbers.set(test, this.tests.length);
      this.tests.push({ title: test.fullTitle(), file: path.relative(folder, test.file ?? ''), group });
    }
    for (const [index, inner] of suite.suites.entries()) this.#keep(inner, group === -1 ? index : group, folder);
  }

  /** Runs some tests, suite by suite in the order in which they are given, and with `bail` no further than to a failure. */
  async run(tests: readonly number[], bail: boolean): Promise<Outcome> {
    const order = new Map(tests.map((test, index) => [test, index]));
    this.#choose(this.#mocha.suite, order);
    this.#setBail(this.#mocha.suite, bail);
    const failures: { title: string; file: string; error: string }[] = [];
    const runs: TestRun[] = [];
    await new Promise<void>((resolve) => {
      const runner = this.#mocha.run(() => resolve());
      const probes = new Map<Mocha.Suite | Mocha.Test, Set<number>>();
      const listen = (owner: Mocha.Suite | Mocha.Test) => {
        reached.probes = probes.get(owner) ?? new Set();
        probes.set(owner, reached.probes);
      };
      runner.on('suite', listen);
      runner.on('test', listen);
      runner.on('suite end', (suite) => listen(suite.parent ?? suite));
      runner.on('test end', (test) => {
        const own = [...(probes.get(test) ?? [])];
        const around = suitesAbove(test).flatMap((suite) => [...(probes.get(suite) ?? [])]);
        runs.push({
          test: this.#numbers.get(test) ?? -1,
          ms: test.duration ?? 0,
          probes: [...new Set([...own, ...around])],
        });
      });
      runner.on('fail', (test, error) => {
        failures.push({
          title: test.fullTitle(),
          file: path.basename(test.file ?? ''),
          error: String(error?.message ?? error),
        });
      });
    });
    return { runs, failures };
  }

  /** Leaves only the wanted tests in the tree; answers when the first of them is wanted. */
  #choose(suite: Mocha.Suite, order: ReadonlyMap<number, number>): number {
    const all = this.#all.get(suite);
    if (!all) return Number.POSITIVE_INFINITY;
    const placeOf = (test: Mocha.Test) => order.get(this.#numbers.get(test) ?? -1) ?? Number.POSITIVE_INFINITY;
    suite.tests = all.tests.filter((test) => Number.isFinite(placeOf(test)));
    const inner = all.suites
      .map((child) => ({ child, place: this.#choose(child, order) }))
      .filter(({ place }) => Number.isFinite(place))
      .toSorted((one, other) => one.place - other.place);
    suite.suites = inner.map(({ child }) => child);
    return Math.min(...suite.tests.map(placeOf), inner[0]?.place ?? Number.POSITIVE_INFINITY);
  }

  #setBail(suite: Mocha.Suite, bail: boolean): void {
    suite.bail(bail);
    for (const inner of suite.suites) this.#setBail(inner, bail);
  }
}

function suitesAbove(test: Mocha.Test): Mocha.Suite[] {
  const suites: Mocha.Suite[] = [];
  for (let suite = test.parent; suite; suite = suite.parent) suites.push(suite);
  return suites;
}
