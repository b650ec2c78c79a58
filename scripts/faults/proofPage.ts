import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Outcome } from '../../test/faults/support/runScenario.ts';
import type { CrashRow } from '../../test/faults/support/scenario.ts';

const PAGE = fileURLToPath(new URL('../../docs/proof.md', import.meta.url));
const HEADING = '## Layer B: faults on real parts';
const markers = (name: string) => [`<!-- ${name}: written by npm run faults -->`, `<!-- end of ${name} -->`] as const;

type Known = Pick<Outcome, 'id' | 'title'>;

/** Brings docs/proof.md up to date with what was run, and with which scenarios there are. */
export function updateProof(outcomes: readonly Outcome[], known: readonly Known[]): void {
  writeFileSync(PAGE, withOutcomes(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '# Proof\n', outcomes, known));
}

/**
 * The page with the rows of what was run; everything else on it, and rows of what was not run, stay as they are. A known scenario that has no
 * row, or only one that says so, is said not to have been run.
 */
export function withOutcomes(page: string, outcomes: readonly Outcome[], known: readonly Known[] = []): string {
  const withSection = page.includes(HEADING) ? page : `${page.trimEnd()}\n\n${HEADING}\n`;
  let text = placed(withSection, 'scenarios', (old) => scenarioTable(outcomes, known, old));
  const crashes = outcomes.flatMap((outcome) => outcome.crashes);
  if (crashes.length > 0) text = placed(text, 'crash points', (old) => crashTable(crashes, old));
  return text;
}

/** Replaces what stands between two markers; markers that are missing are put at the end of our section. */
function placed(page: string, name: string, make: (old: string) => string): string {
  const [begin, end] = markers(name);
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from !== -1 && to > from) {
    const old = page.slice(from + begin.length, to);
    return `${page.slice(0, from + begin.length)}\n\n${make(old)}\n\n${page.slice(to)}`;
  }
  const section = page.indexOf(HEADING) + HEADING.length;
  const next = page.indexOf('\n## ', section);
  const at = next === -1 ? page.length : next;
  const block = `${begin}\n\n${make('')}\n\n${end}\n`;
  return `${page.slice(0, at).trimEnd()}\n\n${block}${page.slice(at)}`;
}

const SCENARIO_HEAD = '| # | fault and what holds | result | took | figures |\n|---|---|---|---|---|';

const unrun = '| not run | – | – |';

function scenarioTable(outcomes: readonly Outcome[], known: readonly Known[], old: string): string {
  const before = [...old.matchAll(/^\| (F\d+) \|.*$/gm)].map(([row, id = '']) => [id, row] as const);
  const rows = new Map([
    ...known.map(({ id, title }) => [id, `| ${id} | ${title} ${unrun}`] as const),
    ...before.filter(([, row]) => !row.endsWith(unrun)),
  ]);
  for (const outcome of outcomes) rows.set(outcome.id, scenarioRow(outcome));
  const numberOf = (id: string) => Number(id.slice(1));
  const sorted = [...rows].sort(([one], [other]) => numberOf(one) - numberOf(other));
  return [SCENARIO_HEAD, ...sorted.map(([, row]) => row)].join('\n');
}

function scenarioRow({ id, title, error, seconds, figures, slowestRecovery }: Outcome): string {
  const told = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  if (slowestRecovery !== null) told.push(`slowest recovery ${slowestRecovery.toFixed(1)} s`);
  return `| ${id} | ${title} | ${error === null ? 'held' : 'FAILED'} | ${seconds.toFixed(0)} s | ${told.join(', ')} |`;
}

const CRASH_HEAD = '| kill -9 at | passed because of | result | recovery |\n|---|---|---|---|';

function crashTable(crashes: readonly CrashRow[], old: string): string {
  const rows = new Map([...old.matchAll(/^(\| `.*` \| .*? \|).*$/gm)].map(([row, key = '']) => [key, row] as const));
  for (const { label, source, result, recoverySeconds } of crashes) {
    const took = Number.isFinite(recoverySeconds) ? `${recoverySeconds.toFixed(1)} s` : '–';
    const key = `| \`${label}\` | ${source} |`;
    rows.set(key, `${key} ${result} | ${took} |`);
  }
  const sorted = [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
  return [CRASH_HEAD, ...sorted.map(([, row]) => row)].join('\n');
}
