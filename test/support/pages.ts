import type { Page, PageWanted } from '../../server/ports/pages.ts';

/** A page of the newest rows, as a list is entered. */
export const rows = (limit: number, offset = 0): PageWanted => ({ limit, order: 'newestFirst', offset, after: null });

/** A page of a list in memory that stands in its order already. */
export function pageOf<T>(
  items: readonly T[],
  wanted: PageWanted,
  keyOf: (item: T) => { id: string; atMs: number },
): Page<T> {
  const { limit, offset, after } = wanted;
  const ordered = wanted.order === 'newestFirst' ? items : items.toReversed();
  const start = after === null ? offset : ordered.findIndex((item) => keyOf(item).id === after.id) + 1;
  const shown = ordered.slice(start, start + limit);
  const last = shown.at(-1);
  const goesOn = last !== undefined && start + limit < ordered.length;
  return { items: shown, next: goesOn ? keyOf(last) : null, total: after === null ? items.length : null };
}
