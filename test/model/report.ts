import type { Parts } from './parts.ts';
import { type Found, violationsIn } from './search.ts';

/** What to read when a run broke a rule: the rules, how to repeat it, and the run itself step by step. */
export async function tellFailure(parts: Parts, seed: number, { violations, plan, path }: Found): Promise<string> {
  if (plan === null) return 'nothing is wrong';
  const steps: string[] = [];
  await violationsIn(parts, plan, new Map(), (line) => void steps.push(line));
  const repeat = `repeat it with: npm run model -- --seed ${seed} --path ${path}`;
  return [...violations, '', repeat, JSON.stringify(plan), '', ...steps.map((step, n) => `${n + 1}. ${step}`)].join(
    '\n',
  );
}
