import { readFileSync, writeFileSync } from 'node:fs';
import type { Line } from './report.ts';

const page = new URL('../docs/performance.md', import.meta.url);
const marks = { begin: '<!-- numbers: npm run bench -- --update -->', end: '<!-- end of numbers -->' };

/** One measured ratio as the page shows it. */
export interface PageRow {
  readonly key: string;
  readonly what: string;
  readonly line: Line;
  readonly notes: readonly string[];
}

const shown = (value: number | null) => (value === null ? '–' : value.toFixed(2));

function verdict({ ratio, met, reason }: Line): string {
  if (ratio === null) return String(reason);
  return met ? 'met' : '**missed**';
}

/** The text of the table, with what was measured on. */
export function renderNumbers(rows: readonly PageRow[], about: string): string {
  const head = ['| key | ratio of | ratio | spread | target | | notes |', '|---|---|---|---|---|---|---|'];
  const cells = rows.map(({ key, what, line, notes }) => {
    const numbers = [line.ratio, line.spread, line.target].map(shown).join(' | ');
    const text = notes.join('; ').replaceAll('|', '/').replaceAll(/\s+/g, ' ');
    return `| ${key} | ${what} | ${numbers} | ${verdict(line)} | ${text} |`;
  });
  return [about, '', ...head, ...cells].join('\n');
}

/** The page with the text between its marks replaced; throws when it has none. */
export function withNumbers(text: string, numbers: string): string {
  const begin = text.indexOf(marks.begin);
  const end = text.indexOf(marks.end);
  if (begin === -1 || end < begin) throw new Error('docs/performance.md has lost the marks of its numbers');
  return `${text.slice(0, begin + marks.begin.length)}\n\n${numbers}\n\n${text.slice(end)}`;
}

/** Writes the numbers into docs/performance.md. */
export function updatePage(numbers: string): void {
  writeFileSync(page, withNumbers(readFileSync(page, 'utf8'), numbers));
}
