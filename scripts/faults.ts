import { scenarios } from '../test/faults/scenarios/registry.ts';
import { type Outcome, runScenario } from '../test/faults/support/runScenario.ts';
import { parseFaultArguments } from './faults/arguments.ts';
import { updateProof } from './faults/proofPage.ts';
import { onEndRequest } from './services/endRequest.ts';

const say = (text: string) => process.stderr.write(`${text}\n`);

/** Runs what was asked for, one scenario after the other: each has the machine to itself, so that its times mean something. */
async function main(): Promise<readonly Outcome[]> {
  const { only, json, ...wanted } = parseFaultArguments(process.argv.slice(2), scenarios);
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios.filter(({ id }) => only.length === 0 || only.includes(id))) {
    const outcome = await runScenario(scenario, { ...wanted, say });
    outcomes.push(outcome);
    say(lineOf(outcome));
    if (outcome.error) say(causesOf(outcome.error));
  }
  if (wanted.size === 'full') updateProof(outcomes, scenarios);
  if (json) console.log(JSON.stringify(resultOf(outcomes)));
  else say(`\n${outcomes.filter(({ error }) => error === null).length} of ${outcomes.length} scenarios held`);
  return outcomes;
}

const resultOf = (outcomes: readonly Outcome[]) => ({
  scenarios: outcomes.length,
  passed: outcomes.filter(({ error }) => error === null).length,
  failed: outcomes.filter(({ error }) => error !== null).map(({ id }) => id),
});

function lineOf({ id, seconds, error, figures, slowestRecovery }: Outcome): string {
  const told = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  if (slowestRecovery !== null) told.push(`slowest recovery ${slowestRecovery.toFixed(1)} s`);
  return `${error === null ? '✔' : '✖'} ${id} ${seconds.toFixed(0)} s  ${told.join(', ')}`;
}

/** An error with everything that led to it; a failed life of a payment says at which label only in its outer message. */
function causesOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes = error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause];
  return [error.stack, ...causes.map((cause) => `caused by ${causesOf(cause)}`)].join('\n');
}

onEndRequest(() => process.exit(130));
try {
  const outcomes = await main();
  process.exit(outcomes.every(({ error }) => error === null) ? 0 : 1);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
