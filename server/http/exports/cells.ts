/** What a spreadsheet may take a cell for: a formula, or the end of its cell. The wide forms are read like the narrow ones. */
const formula = /^'*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const strictNumber = /^-?\d+(?:\.\d+)?$/;
const guarded = /^'+[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

/** A cell that no spreadsheet calculates: an apostrophe in front of whatever could begin a formula, also behind apostrophes, so that it can be undone. */
export function guardCell(text: string): string {
  return formula.test(text) && !strictNumber.test(text) ? `'${text}` : text;
}

/** The text that `guardCell` was given. */
export function unguardCell(cell: string): string {
  return guarded.test(cell) ? cell.slice(1) : cell;
}
