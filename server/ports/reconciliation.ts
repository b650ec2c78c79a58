import type { ReconciliationRow } from '../domain/reconciliation.ts';
import type { Custody } from '../domain/state.ts';

/** Reads of one network as of one block; throws `AppError('chain_unavailable')` when no node has that block's state any more. */
export interface BalanceReader {
  /** Balances of a token, in the order of the holders. */
  tokenBalances(network: string, tokenAddress: string, holders: readonly string[], block: number): Promise<bigint[]>;
  /** What the escrow's pool owes by its own book, and how much of that are fees that nobody has withdrawn. */
  poolBook(
    network: string,
    tokenAddress: string,
    block: number,
  ): Promise<{ readonly owed: bigint; readonly fees: bigint }>;
}

/** The addresses that were ever watched for payments, whether they still are or not. */
export interface WatchedAddresses {
  ofPayments(
    chainId: number,
    paymentIds: readonly string[],
  ): Promise<readonly { readonly address: string; readonly custody: Custody }[]>;
}

/** What the provider says of its own wallet; throws `AppError('provider_failed')`. */
export interface ProviderWallets {
  walletBalance(coin: string): Promise<{ readonly amount: string; readonly synced: boolean }>;
}

/** A row as it is kept; `decimals` is null for a token that is not listed. */
export interface ReportedRow extends ReconciliationRow {
  readonly decimals: number | null;
}

/** Up to which block a network was compared, and how many addresses were read; a network that could not be read has no block. */
export interface ReportedNetwork {
  readonly network: string;
  readonly block: number | null;
  readonly addresses: number;
}

/** The result of one night. */
export interface ReconciliationReport {
  readonly night: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly networks: readonly ReportedNetwork[];
  readonly rows: readonly ReportedRow[];
}

export interface ReconciliationReports {
  /** Keeps a night's report; the first one of a night stays. */
  keep(report: ReconciliationReport): Promise<void>;
  has(night: string): Promise<boolean>;
  /** Newest first. */
  newest(limit: number): Promise<readonly ReconciliationReport[]>;
}
