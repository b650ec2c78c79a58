import { realParts } from '../test/model/parts.ts';
import { tellFailure } from '../test/model/report.ts';
import { search } from '../test/model/search.ts';
import { mutants } from '../test/mutants/mutants.ts';
import { parseModelArguments, type Wanted } from './model/arguments.ts';

/** Runs of one search; each has a seed of its own, so that one alone can be repeated. */
const chunk = 2_000;

interface Killed {
  readonly name: string;
  readonly runs: number;
  readonly by: string | null;
}

/**
 * `npm run model [-- --runs N --seed S --path P --json]`: plays random schedules of the coordinator and the relay on the simulated store,
 * and sees that each deliberately broken part is noticed. Answers whether all is well.
 */
async function main(wanted: Wanted): Promise<boolean> {
  const { runs, seed, path, json } = wanted;
  const say = (line: string) => {
    if (!json) console.log(line);
  };
  if (path !== undefined) return repeat(seed, path);
  say(`${runs} schedules, seed ${seed}`);
  const violations = await playAll(wanted, say);
  const killed: Killed[] = [];
  for (const mutant of mutants) {
    const found = await search(await mutant.build(), {
      seed,
      runs: Math.max(runs, 2 * chunk),
      quick: true,
      rulesOnly: true,
    });
    killed.push({ name: mutant.name, runs: found.runs, by: found.violations[0] ?? null });
  }
  if (!json) tell(killed);
  const count = killed.filter(({ by }) => by !== null).length;
  const result = { runs, violations, mutants: { killed: count, total: mutants.length } };
  if (json) console.log(JSON.stringify(result));
  else console.log(`\n${runs} schedules, ${violations} violations, ${count} of ${mutants.length} mutants noticed`);
  return violations === 0 && count === mutants.length;
}

/** Answers how many of the searches found a schedule that breaks a rule. */
async function playAll({ runs, seed, json }: Wanted, say: (line: string) => void): Promise<number> {
  const started = Date.now();
  const tally = new Map<string, number>();
  const parts = { ...realParts, count: (what: string) => void tally.set(what, (tally.get(what) ?? 0) + 1) };
  let failed = 0;
  for (let done = 0, n = 0; done < runs; done += chunk, n += 1) {
    const found = await search(parts, { seed: seed + n, runs: Math.min(chunk, runs - done) });
    if (found.violations.length > 0) {
      failed += 1;
      const failure = await tellFailure(realParts, seed + n, found);
      if (json) console.error(failure);
      else console.log(failure);
    }
    const played = Math.min(done + chunk, runs);
    const perSecond = Math.round(played / ((Date.now() - started) / 1000));
    if (n % 5 === 4 || played === runs)
      say(`${played} of ${runs} schedules, ${perSecond} a second, ${failed} violations`);
  }
  say([...tally].map(([what, times]) => `${what} ${times}`).join(', '));
  return failed;
}

async function repeat(seed: number, path: string): Promise<boolean> {
  const found = await search(realParts, { seed, runs: 1, path });
  console.log(await tellFailure(realParts, seed, found));
  return found.violations.length === 0;
}

function tell(killed: readonly Killed[]): void {
  console.log('\n| broken part | noticed by | in runs |\n|---|---|---|');
  for (const { name, runs, by } of killed) console.log(`| ${name} | ${shortened(by ?? 'NOTHING')} | ${runs} |`);
}

/** Without the identifiers, which say nothing here. */
const shortened = (text: string) => text.replace(/0x[0-9a-f]{40,}/g, '0x…').replace(/[a-f]{24}/g, '…');

Error.stackTraceLimit = 0;
process.exitCode = (await main(parseModelArguments(process.argv.slice(2), Date.now() % 2 ** 31))) ? 0 : 1;
