import type { Mutant } from './mutant.ts';
import type { Result, Status } from './results.ts';

/** Share of the mutants that tests must notice. */
const LEAST = 0.95;
/** How the reason begins of a survivor that nobody can tell from the original, whatever a test does. */
const SAME = 'the same';
const COLUMNS: readonly Status[] = ['killed', 'timeout', 'survived', 'equivalent', 'uncompilable'];

/** What a run came to. */
export interface Summary {
  /** Noticed, of those that compile and are not the same as the original by their bytecode or their reason. */
  readonly score: number;
  /** Noticed, of all that compile. */
  readonly ofAll: number;
  readonly counts: Readonly<Record<Status, number>>;
  readonly survivors: readonly string[];
  /** Survivors without a reason. */
  readonly unexplained: readonly string[];
  /** Listed ones that tests notice by now, or that are no more. */
  readonly stale: readonly string[];
  readonly passed: boolean;
}

/** Counts the results and holds the survivors against the list of those that have a reason. */
export function summaryOf(
  results: readonly Result[],
  reasons: Readonly<Record<string, string>>,
  all: readonly Mutant[],
): Summary {
  const counts = countsOf(results);
  const killed = counts.killed + counts.timeout;
  const survivors = results.filter(({ status }) => status === 'survived').map(({ id }) => id);
  const different = survivors.filter((id) => !reasons[id]?.startsWith(SAME));
  const score = shareOf(killed, different.length);
  const ofAll = shareOf(killed, survivors.length + counts.equivalent);
  const unexplained = survivors.filter((id) => !reasons[id]);
  const noticed = new Set(
    results.filter(({ status }) => status === 'killed' || status === 'timeout').map(({ id }) => id),
  );
  const known = new Set(all.map(({ id }) => id));
  const stale = Object.keys(reasons).filter((id) => noticed.has(id) || !known.has(id));
  return { score, ofAll, counts, survivors, unexplained, stale, passed: score >= LEAST && unexplained.length === 0 };
}

/** The table of all files, then what is to be done. */
export function printSummary(summary: Summary, results: readonly Result[]): void {
  console.log(`\n${row('', COLUMNS, 'score')}`);
  const files = Map.groupBy(results, ({ id }) => id.split(':')[0] ?? '');
  for (const [file, own] of files) console.log(tableRow(file, countsOf(own)));
  console.log(tableRow('all', summary.counts));
  const [score, ofAll] = [summary.score, summary.ofAll].map((share) => `${(100 * share).toFixed(1)} %`);
  console.log(`${score} noticed; ${ofAll} if those are counted that are the same as the original`);
  print('Survivors without a reason in test/contracts/mutants.survivors.json:', summary.unexplained);
  print('Listed there, but killed or gone:', summary.stale);
}

function shareOf(noticed: number, others: number): number {
  return noticed + others === 0 ? 1 : noticed / (noticed + others);
}

function countsOf(results: readonly Result[]): Record<Status, number> {
  const counts = { killed: 0, timeout: 0, survived: 0, equivalent: 0, uncompilable: 0 };
  for (const { status } of results) counts[status] += 1;
  return counts;
}

function tableRow(name: string, counts: Readonly<Record<Status, number>>): string {
  const killed = counts.killed + counts.timeout;
  const share = killed + counts.survived === 0 ? '-' : `${((100 * killed) / (killed + counts.survived)).toFixed(1)} %`;
  return row(
    name,
    COLUMNS.map((status) => String(counts[status])),
    share,
  );
}

function row(name: string, cells: readonly string[], last: string): string {
  return name.padEnd(24) + [...cells, last].map((cell) => cell.padStart(14)).join('');
}

function print(title: string, ids: readonly string[]): void {
  if (ids.length > 0) console.log(`\n${title}\n${ids.map((id) => `  ${id}`).join('\n')}`);
}
