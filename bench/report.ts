import type { SideFigures } from './compare.ts';
import type { Outcome, Ratio } from './ratios/ratio.ts';

/** What is printed of one ratio. */
export interface Line {
  readonly ratio: number | null;
  readonly spread: number | null;
  readonly target: number;
  readonly met: boolean;
  readonly [figure: string]: unknown;
}

/** Enough of an answer to see what it is about. */
const failureCharacters = 500;

const rounded = (value: number, digits = 3) => Number(value.toFixed(digits));

const sideOf = ({ name, perSecond, cpuMicros, commands, p50Ms, p99Ms }: SideFigures) => ({
  name,
  perSecond: rounded(perSecond, 1),
  cpuMicros: rounded(cpuMicros, 1),
  commands: rounded(commands, 2),
  ...(p50Ms === null || p99Ms === null ? {} : { p50Ms: rounded(p50Ms, 2), p99Ms: rounded(p99Ms, 2) }),
});

/** The object of one ratio in `--json`. */
export function lineOf({ target }: Ratio, { comparison, reason, figures = {}, problems = [] }: Outcome): Line {
  const named = problems.length === 0 ? {} : { problems };
  if (comparison === null) return { ratio: null, spread: null, target, met: false, reason, ...named, ...figures };
  const { ratio, spread, cpuRatio, failures, firstFailure, ours, theirs } = comparison;
  return {
    ratio: rounded(ratio),
    spread: rounded(spread),
    target,
    met: Number.isFinite(ratio) && ratio >= target && failures === 0 && problems.length === 0,
    cpuRatio: rounded(cpuRatio),
    failures,
    ...(firstFailure === null ? {} : { firstFailure: firstFailure.slice(0, failureCharacters) }),
    ...named,
    ...figures,
    ours: sideOf(ours),
    theirs: sideOf(theirs),
  };
}

/** The row of one ratio in the table for people. */
export function rowOf({ key, what }: Ratio, line: Line, { comparison, reason }: Outcome): string {
  const word = comparison === null ? (reason ?? '') : line.met ? 'met' : 'MISSED';
  const cells = [key.padEnd(8), what.padEnd(58), cell(line.ratio), cell(line.spread), cell(line.target)];
  if (comparison === null) return `${cells.join('')}  ${word}`;
  const { ours, theirs } = comparison;
  const sides = [ours, theirs].map(
    ({ perSecond, cpuMicros, commands }) =>
      `${perSecond.toFixed(0).padStart(9)}/s ${cpuMicros.toFixed(0).padStart(6)} us ${commands.toFixed(2).padStart(6)}`,
  );
  return `${cells.join('')}  ${word.padEnd(7)}${sides.join('  |')}`;
}

/** What stands below the row of a ratio. */
export function notesOf({ comparison, figures = {}, problems = [] }: Outcome): string[] {
  const named = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  const failed = comparison?.failures
    ? [`${comparison.failures} failures, first: ${comparison.firstFailure?.slice(0, failureCharacters)}`]
    : [];
  return [...(named.length > 0 ? [named.join(', ')] : []), ...problems.map((problem) => `NOT: ${problem}`), ...failed];
}

/** Above the rows. */
export const tableHead = `${''.padEnd(66)}${'ratio'.padStart(8)}${'spread'.padStart(8)}${'target'.padStart(8)}  ${''.padEnd(7)}     ours: rate, CPU and database commands of one  | theirs`;

function cell(value: number | null): string {
  return (value === null ? '–' : value.toFixed(2)).padStart(8);
}
