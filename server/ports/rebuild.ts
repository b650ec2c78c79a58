import type { Transition } from '../domain/transition.ts';

/** The end of one log, with every name under which the provider may speak of its payment. */
export interface LogEnd {
  readonly paymentId: string;
  readonly transition: Transition;
  readonly externalIds: readonly string[];
}

/** A log that no row can be made of. */
export interface BrokenLog {
  readonly paymentId: string;
  readonly problem: string;
}

/** A row of `payments` beside the end of its log. */
export interface RowFound {
  /** As it stands there, whatever somebody made of it. */
  readonly version: unknown;
  /** Whether it is what the transition leaves there, field by field. */
  readonly isSame: boolean;
}

/** The rows of `payments` beside the log that they copy. Throws `AppError('busy')` when the database cannot be reached. */
export interface PaymentRows {
  /** From now on no server decides by sums over rows, since some may be missing; until `end`. */
  begin(): Promise<void>;
  end(): Promise<void>;
  /** The ends of all logs in the order of their ids, some hundred at a time. */
  ends(): AsyncIterable<readonly (LogEnd | BrokenLog)[]>;
  /** The newest step of one log, as of now; null when it has none. */
  newestSeq(paymentId: string): Promise<number | null>;
  /** What stands in `payments` for these logs; a row that is not there is left out. */
  rows(ends: readonly LogEnd[]): Promise<ReadonlyMap<string, RowFound>>;
  /** Writes the row of each log over what was found there, unless another has come meanwhile. */
  write(ends: readonly LogEnd[], found: ReadonlyMap<string, RowFound>): Promise<void>;
}
