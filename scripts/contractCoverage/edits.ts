/** One change of a text: what stands from `at` to `to` is replaced. */
interface Edit {
  readonly at: number;
  readonly to: number;
  readonly text: string;
  /** Of two insertions at one place the lower one comes first. */
  readonly order: number;
}

/** Changes of one text, applied at once, so that every position is one of the original. */
export class Edits {
  readonly #edits: Edit[] = [];

  /** Puts text before what stands at a position. */
  insert(at: number, text: string): void {
    this.#edits.push({ at, to: at, text, order: 0 });
  }

  /** Puts text in place of a range. */
  replace(at: number, to: number, text: string): void {
    this.#edits.push({ at, to, text, order: 0 });
  }

  /** Puts text around a range; ranges around the same place nest, the longer one outside. */
  wrap(start: number, end: number, before: string, after: string): void {
    const length = end - start;
    // At one place: what ends here, the shorter first; then plain insertions; then what starts here, the longer first.
    this.#edits.push({ at: start, to: start, text: before, order: 1e9 - length });
    this.#edits.push({ at: end, to: end, text: after, order: length - 1e9 });
  }

  /** The text with all changes made. */
  apply(text: string): string {
    const sorted = this.#edits.toSorted((one, other) => one.at - other.at || one.order - other.order);
    let result = '';
    let from = 0;
    for (const edit of sorted) {
      if (edit.at < from) throw new Error(`two changes overlap at ${edit.at}`);
      result += text.slice(from, edit.at) + edit.text;
      from = edit.to;
    }
    return result + text.slice(from);
  }
}
