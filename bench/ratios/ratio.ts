import { type Comparison, compare, type Plan, type Side } from '../compare.ts';
import type { Stage } from '../stage.ts';

/** What a ratio needs to be measured. */
export interface Setting {
  readonly stage: Stage;
  readonly plan: Plan;
}

/** What a ratio came to; null with a reason where there is nothing to measure yet. */
export interface Outcome {
  readonly comparison: Comparison | null;
  readonly reason?: string;
  /** Further figures by name. */
  readonly figures?: Readonly<Record<string, number | string>>;
  /** What was to be true beside the ratio, and is not. */
  readonly problems?: readonly string[];
}

/** One line of the table of ratios (docs/performance.md). */
export interface Ratio {
  readonly key: string;
  readonly what: string;
  readonly target: number;
  measure(setting: Setting): Promise<Outcome>;
}

/** A ratio that is nothing but its two sides. */
export async function plain({ stage, plan }: Setting, ours: Side, theirs: Side): Promise<Outcome> {
  return { comparison: await compare(stage.client, ours, theirs, plan) };
}
