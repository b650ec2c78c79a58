import fc from 'fast-check';
import type { Parts } from './parts.ts';
import { planArbitrary } from './planArbitrary.ts';
import { type Beginnings, type Plan, play } from './play.ts';

/** What a search through random runs came to. */
export interface Found {
  readonly runs: number;
  /** What was wrong in the smallest failing run; empty when none failed. */
  readonly violations: readonly string[];
  readonly plan: Plan | null;
  /** Leads fast-check to the failing run again, together with the seed. */
  readonly path: string | null;
}

export interface Search {
  readonly seed: number;
  readonly runs: number;
  /** Stop at the first failing run instead of looking for a smaller one. */
  readonly quick?: boolean;
  /** Only rules count, not errors that nobody expects: a part that does not even run would prove nothing. */
  readonly rulesOnly?: boolean;
  readonly path?: string;
}

const unexpected = 'threw:';

/** Plays random runs until one of them breaks a rule. */
export async function search(
  parts: Parts,
  { seed, runs, quick = false, rulesOnly = false, path }: Search,
): Promise<Found> {
  const beginnings: Beginnings = new Map();
  const property = fc.asyncProperty(planArbitrary, async (plan) => {
    const violations = await violationsIn(parts, plan, beginnings);
    if (violations.some((one) => !(rulesOnly && one.startsWith(unexpected)))) throw new Error(violations.join('\n'));
  });
  const options = { seed, numRuns: runs, endOnFailure: quick, ...(path === undefined ? {} : { path }) };
  const { failed, numRuns, counterexample, counterexamplePath } = await fc.check(property, options);
  const plan = failed ? (counterexample?.[0] ?? null) : null;
  const violations = plan === null ? [] : await violationsIn(parts, plan, beginnings);
  return { runs: numRuns, violations, plan, path: failed ? counterexamplePath : null };
}

/** The rules that one run breaks; an error that nobody expects is one of them. */
export async function violationsIn(
  parts: Parts,
  plan: Plan,
  beginnings: Beginnings = new Map(),
  tell?: (line: string) => void,
): Promise<string[]> {
  try {
    return await play(parts, plan, beginnings, tell);
  } catch (error) {
    return [`${unexpected} ${error instanceof Error ? error.message : String(error)}`];
  }
}
