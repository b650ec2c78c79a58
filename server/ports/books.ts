import type { SignalKind } from '../domain/signal.ts';
import type { Balance } from '../domain/state.ts';

/** One account of a transition, with what it holds afterwards within the payment's own log. */
export interface StatementLeg extends Balance {
  readonly balance: bigint;
}

/** A transition that posted legs. */
export interface StatementLine {
  readonly seq: number;
  readonly kind: SignalKind;
  readonly atMs: number;
  readonly actor: string;
  readonly legs: readonly StatementLeg[];
}

/** What all accounts of one kind hold together. */
export interface KindSum {
  readonly asset: string;
  readonly kind: string;
  readonly amount: bigint;
}

/** The balances of one user; `open` are the single payments that something is owed for, at most so many as `openLimit` asks. */
export interface PartyBalances {
  readonly balances: readonly Balance[];
  readonly open: readonly Balance[];
  readonly openTotal: number;
}

/**
 * The books, summed inside the database from the legs themselves and never from a copy. Sums that take longer than a report may are
 * refused with `AppError('report_too_large')`; every method throws `AppError('busy')` when the database cannot be reached.
 */
export interface LedgerStore {
  /** What the log of one payment posted, account by account; accounts that hold nothing are left out. */
  paymentBalances(paymentId: string): Promise<{ readonly asOfSeq: number; readonly balances: readonly Balance[] }>;
  /** The steps after `afterSeq` that posted legs, oldest first. */
  statement(paymentId: string, afterSeq: number, limit: number): Promise<readonly StatementLine[]>;
  partyBalances(userId: string, openLimit: number): Promise<PartyBalances>;
  /** Every asset and kind of account; reads the whole log. */
  trialBalance(): Promise<readonly KindSum[]>;
  /**
   * The books of a network's assets as of a block: without what rests on younger blocks. Accounts that belong to a payment come one by
   * one, the others as the sum of their kind; those that hold nothing are left out. Reads the whole log.
   */
  booksAt(network: string, blockNumber: number): AsyncIterable<Balance>;
}
