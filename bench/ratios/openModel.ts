import { openLoad } from '../load/openLoad.ts';
import { percentile } from '../statistics.ts';
import type { Outcome, Setting } from './ratio.ts';

const connections = 128;
const at = (latencies: readonly number[], share: number) => Number(percentile(latencies, share).toFixed(1));

/** Latencies of ours at half of its rate, from the time each request was meant to start. */
export async function withOpenModel(
  { plan }: Setting,
  outcome: Outcome,
  load: { readonly port: number; readonly supply: (operations: number) => Promise<readonly Buffer[]> },
): Promise<Outcome> {
  if (outcome.comparison === null) return outcome;
  const perSecond = Math.max(1, outcome.comparison.ours.perSecond / 2);
  const ready = [...(await load.supply(Math.ceil(perSecond * plan.seconds)))].reverse();
  const { port } = load;
  const next = () => ready.pop() ?? null;
  const result = await openLoad({ port, connections, perSecond, seconds: plan.seconds, next });
  const answered = result.latenciesMs.length > 0;
  const figures = {
    ...outcome.figures,
    openPerSecond: Math.round(perSecond),
    ...(answered ? { openP50Ms: at(result.latenciesMs, 0.5), openP99Ms: at(result.latenciesMs, 0.99) } : {}),
  };
  const failed = result.failures > 0 ? [`${result.failures} failures at half of the rate: ${result.firstFailure}`] : [];
  return { ...outcome, figures, problems: [...(outcome.problems ?? []), ...failed] };
}
