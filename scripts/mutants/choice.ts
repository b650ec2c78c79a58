import type { Baseline } from './baseline.ts';
import type { Mutant } from './mutant.ts';
import { probesOf } from './probes.ts';
import type { Sources } from './sources.ts';

interface Kill {
  readonly file: string;
  readonly line: number;
  readonly group: number;
}

/** Chooses the tests for a mutant: those that reach it, and first those that killed what stood near it. */
export class Choice {
  readonly #baseline: Baseline;
  readonly #sources: Sources;
  readonly #kills: Kill[] = [];
  readonly #reached: readonly ReadonlySet<number>[];

  constructor(baseline: Baseline, sources: Sources) {
    this.#baseline = baseline;
    this.#sources = sources;
    this.#reached = baseline.reached.map((probes) => new Set(probes));
  }

  /** Numbers of tests, in the order in which they should run. */
  testsFor(mutant: Mutant): number[] {
    const { tests, costs, points, unfit } = this.#baseline;
    const probes = probesOf(mutant, points, this.#sources);
    const reaches = (test: number) =>
      probes.length === 0 || probes.some((probe) => this.#reached[test]?.has(probe) === true);
    const wanted = [...tests.keys()].filter((test) => reaches(test) && !unfit.includes(tests[test]?.title ?? ''));
    const groupOf = (test: number) => tests[test]?.group ?? -1;
    const prices = new Map<number, number>();
    for (const test of wanted) prices.set(groupOf(test), (prices.get(groupOf(test)) ?? 0) + (costs[test] ?? 0));
    const merits = this.#meritsNear(mutant);
    return wanted.toSorted((one, other) => {
      const [a, b] = [groupOf(one), groupOf(other)];
      if (a === b) return one - other;
      return (merits.get(b) ?? 0) - (merits.get(a) ?? 0) || (prices.get(a) ?? 0) - (prices.get(b) ?? 0) || a - b;
    });
  }

  /** The first of some tests that together take no longer than this, and at least one. */
  within(tests: readonly number[], budgetMs: number): number[] {
    let spent = 0;
    return tests.filter((test, index) => {
      spent += this.#baseline.costs[test] ?? 0;
      return index === 0 || spent <= budgetMs;
    });
  }

  /** Tells which test killed a mutant. */
  learn(mutant: Mutant, title: string): void {
    const test = this.#baseline.tests.find((one) => title.includes(one.title) || title === one.title);
    if (test) this.#kills.push({ file: mutant.file, line: lineOf(mutant), group: test.group });
  }

  #meritsNear(mutant: Mutant): Map<number, number> {
    const merits = new Map<number, number>();
    for (const { file, line, group } of this.#kills) {
      if (file !== mutant.file) continue;
      merits.set(group, (merits.get(group) ?? 0) + 1 / (1 + Math.abs(line - lineOf(mutant))) ** 2);
    }
    return merits;
  }
}

/** The line in a mutant's id. */
export function lineOf({ id }: Mutant): number {
  return Number(id.split(':')[1]);
}
