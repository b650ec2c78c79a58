import { unguardCell } from './cells.ts';

/** One row of an export by its column names; what was null is empty. */
export type ExportedRow = Readonly<Record<string, string>>;

/** Reads the CSV of an export, in any chunks: quotes, line ends within cells and the guard against formulas are undone. */
export async function* readCsv(chunks: AsyncIterable<string> | Iterable<string>): AsyncGenerator<ExportedRow> {
  let names: readonly string[] | null = null;
  for await (const cells of rowsOf(chunks)) {
    if (names === null) {
      names = cells;
      continue;
    }
    if (cells.length !== names.length)
      throw new Error(`A row has ${cells.length} cells, the first one ${names.length}.`);
    yield Object.fromEntries(names.map((name, n) => [name, unguardCell(cells[n] ?? '')]));
  }
}

/** Cells of a row: quoted with quotes doubled, or plain; the row ends with a line end outside quotes. */
async function* rowsOf(chunks: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string[]> {
  let rest = '';
  for await (const chunk of chunks) {
    rest += chunk;
    for (let row = rowAt(rest, 0); row !== null; row = rowAt(rest, 0)) {
      yield row.cells;
      rest = rest.slice(row.end);
    }
  }
  if (rest !== '') throw new Error('The file breaks off in the middle of a row.');
}

/** The row that begins at a place; null when it does not end within the text. */
function rowAt(text: string, start: number): { cells: string[]; end: number } | null {
  const cells: string[] = [];
  for (let at = start; ; ) {
    const cell = cellAt(text, at);
    if (cell === null) return null;
    cells.push(cell.text);
    if (text[cell.end] === ',') {
      at = cell.end + 1;
      continue;
    }
    if (text[cell.end] === '\n') return { cells, end: cell.end + 1 };
    if (text.startsWith('\r\n', cell.end)) return { cells, end: cell.end + 2 };
    if (text.length - cell.end < 2) return null;
    throw new Error(`A cell ends with ${JSON.stringify(text.slice(cell.end, cell.end + 2))}.`);
  }
}

function cellAt(text: string, start: number): { text: string; end: number } | null {
  if (text[start] !== '"') {
    const [plain = ''] = /[^,\r\n"]*/y.exec(text.slice(start, text.indexOf('\n', start) + 1 || undefined)) ?? [];
    return start + plain.length < text.length ? { text: plain, end: start + plain.length } : null;
  }
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 2)) {
    // A quote at the very end may be the first of two.
    if (at + 1 === text.length) return null;
    if (text[at + 1] !== '"') return { text: text.slice(start + 1, at).replaceAll('""', '"'), end: at + 1 };
  }
  return null;
}
