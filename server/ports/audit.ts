import type { EscrowEvent } from '../domain/evidence.ts';
import type { AuditedStep, ProjectedRow, RequestRow } from '../domain/invariants/auditedStep.ts';
import type { Violation } from '../domain/invariants/violation.ts';

/** A document of the log that is no transition any more: somebody wrote into it. */
export interface UnreadableStep {
  readonly id: string;
  readonly unreadable: string;
}

/** The whole database as an audit reads it, in pages and never written to. Throws `AppError('busy')` when it cannot be reached. */
export interface AuditedBooks {
  /** The transitions of one log, or of all, in the order of their ids: those of a log come together. */
  steps(logId?: string): AsyncIterable<AuditedStep | UnreadableStep>;
  /** The rows of `payments` by id; those that are not there are left out. */
  rows(paymentIds: readonly string[]): Promise<ReadonlyMap<string, ProjectedRow>>;
  /** Requests with their offers by id; those that are not there are left out. */
  requests(requestIds: readonly string[]): Promise<ReadonlyMap<string, RequestRow>>;
  /** Ids of rows in `payments` whose log has no transition at all. */
  rowsWithoutHistory(): AsyncIterable<string>;
  /** What of the database's own fences (unique claims, validator) is missing, and every claim that is held twice for it. */
  brokenFences(): Promise<readonly Violation[]>;
  /** How far the monitor of a chain has told everything; null when none ever ran. */
  toldUpTo(chainId: number): Promise<number | null>;
}

/** One payment's money in one token that is asked for. */
export interface AskedHolding {
  readonly termsId: string;
  readonly vault: string;
  readonly tokenAddress: string;
}

/** What the chain holds of it at a block: in the vault, and in the escrow's pool when the record is there. */
export interface Holding {
  readonly inVault: boolean;
  readonly vault: bigint;
  readonly pool: bigint;
}

/** The chain as of a block, for many payments at once. Throws `AppError('chain_unavailable')` when no node answers. */
export interface ChainBooks {
  /** What each payment has at the block, in the order of the questions. */
  holdingsAt(network: string, blockNumber: number, asked: readonly AskedHolding[]): Promise<Holding[]>;
  /** The escrow's events that name one of these payments, blocks inclusive, in order. */
  eventsOf(
    network: string,
    termsIds: readonly string[],
    range: { readonly from: number; readonly to: number },
  ): Promise<EscrowEvent[]>;
}
