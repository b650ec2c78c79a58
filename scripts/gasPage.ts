import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GAS_KEYS, type GasTable } from './gas/ceilings.ts';
import { measureOthers } from './gas/others.ts';
import { readSnapshot } from './gas/snapshot.ts';

const PAGE = new URL('../docs/contract/gas.md', import.meta.url);
// What the cheapest other route costs from payment to payout (commerce-payments by allowance).
const WHOLE_LIFE_OF_ANOTHER = 228_908;

/** The gas page with our figures, differences and sums as measured; the rest of its text stays. */
export function renderGasPage(page: string, table: GasTable, others: Readonly<Record<string, number>>): string {
  const figures: Readonly<Record<string, number>> = { ...table, ...others };
  return page
    .split('\n')
    .map((line) => (line.startsWith('| ') ? renderRow(line, figures) : line))
    .join('\n');
}

function renderRow(line: string, figures: Readonly<Record<string, number>>): string {
  const cells = line.split('|').map((cell) => cell.trim());
  const [, first = '', sum = '', ours, theirs = ''] = cells;
  const figure = figures[first.replaceAll('`', '')];
  if (figure !== undefined) {
    // The rows with a key have the operation in between.
    const at = first.startsWith('`') ? 3 : 2;
    if (!/^[\d,]+$/.test(cells[at] ?? '')) throw new Error(`no figure to replace in: ${line}`);
    cells[at] = shown(figure);
    const other = Number((cells[at + 1] ?? '').replaceAll(',', ''));
    if (other > 0) cells[at + 2] = difference(figure, other);
  } else if (first.startsWith('ours, ') && ours !== undefined && theirs !== undefined) {
    const parts = [...sum.matchAll(/`(\w+)`/g)].map(([, part = '']) => figures[part] ?? Number(part));
    const total = parts.reduce((left, right) => left + right, 0);
    cells[3] = shown(total);
    cells[4] = difference(total, WHOLE_LIFE_OF_ANOTHER);
  }
  return cells.join(' | ').trim();
}

const shown = (figure: number) => figure.toLocaleString('en-US');

/** In percent; a loss is bold. */
function difference(ours: number, theirs: number): string {
  const percent = ((ours - theirs) / theirs) * 100;
  return percent < 0 ? `−${Math.abs(percent).toFixed(1)} %` : `**+${percent.toFixed(1)} %**`;
}

if (import.meta.main) {
  const missing = GAS_KEYS.filter((key) => !readFileSync(PAGE, 'utf8').includes(`| \`${key}\` |`));
  if (missing.length > 0) throw new Error(`the page has no row for ${missing.join(', ')}`);
  writeFileSync(PAGE, renderGasPage(readFileSync(PAGE, 'utf8'), readSnapshot(), await measureOthers()));
  console.log(`wrote ${fileURLToPath(PAGE)}`);
}
