/** Work that waits; counts stop at the limit that is asked for. */
export interface Backlog {
  readonly count: number;
  /** Since when the oldest of all waits, also beyond the limit; null when none does. */
  readonly oldestMs: number | null;
}

export interface Backlogs {
  /** Transitions whose effects are not done. */
  relay(limit: number): Promise<Backlog>;
  /** Rows that are due now, by their kind. */
  dueWork(now: number, limit: number): Promise<readonly (Backlog & { readonly kind: string })[]>;
}
