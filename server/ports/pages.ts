/** Where a page of a list ended: the time that the list is sorted by, and the id of its last row. */
export interface Place {
  readonly atMs: number;
  readonly id: string;
}

/** By the time at which a row was opened; rows of one moment by their ids. */
export type PageOrder = 'newestFirst' | 'oldestFirst';

/** One page of a list. */
export interface PageWanted {
  readonly limit: number;
  readonly order: PageOrder;
  /** Rows to pass by first; the database walks over every one of them. */
  readonly offset: number;
  /** The page begins behind it, and costs the same wherever that is. */
  readonly after: Place | null;
}

/** How far the rows of a list are counted; a count that says more than this means "more". */
export const countedRows = 10_000;

export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins; null when this one ends the list. */
  readonly next: Place | null;
  /** Rows of the whole list, up to one more than `countedRows`; null for a page behind a place, where nobody counts again. */
  readonly total: number | null;
}
