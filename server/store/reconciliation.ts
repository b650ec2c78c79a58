import type { Connection } from 'mongoose';
import type { Comparison, Reason, ReconciliationRow } from '../domain/reconciliation.ts';
import { type ReconciliationReportRow, reconciliationReportModel } from '../models/reconciliationReportModel.ts';
import { watchModel } from '../models/watchModel.ts';
import type { ReconciliationReport, ReconciliationReports, WatchedAddresses } from '../ports/reconciliation.ts';
import { decode, encode } from './codec.ts';
import { readLimitMs } from './connection.ts';
import { isDuplicateKey, refusingWhenDown } from './outage.ts';

/** A year and a month: whoever closes a year's books still has all of its nights. */
const keptMs = 400 * 86_400_000;

type Kept = Omit<ReconciliationReportRow, '_id' | 'expireAt'>;
const amountOf = (value: unknown) => decode(value ?? null) as bigint | null;

function toReport({ _id, expireAt: _, rows, ...rest }: ReconciliationReportRow): ReconciliationReport {
  return {
    ...rest,
    night: _id,
    rows: rows.map((row) => ({
      comparison: row.comparison as Comparison,
      asset: row.asset,
      outcome: row.outcome as ReconciliationRow['outcome'],
      reason: row.reason as Reason,
      expected: amountOf(row.expected),
      found: amountOf(row.found),
      difference: amountOf(row.difference),
      decimals: row.decimals,
    })),
  };
}

/** The reports of the nights, each kept for a bounded time. */
export function createReconciliationReports(connection: Connection): ReconciliationReports {
  const reports = reconciliationReportModel(connection);
  return refusingWhenDown({
    async keep({ night, ...report }: ReconciliationReport) {
      const expireAt = new Date(report.finishedAtMs + keptMs);
      try {
        await reports.create({ ...(encode(report) as Kept), _id: night, expireAt });
      } catch (error) {
        // Two processes worked the same night; the first report stands.
        if (!isDuplicateKey(error)) throw error;
      }
    },
    async has(night: string) {
      return (await reports.exists({ _id: night }).maxTimeMS(readLimitMs)) !== null;
    },
    async newest(limit: number) {
      const rows = reports.find().sort({ _id: -1 }).limit(limit).maxTimeMS(readLimitMs);
      return (await rows.lean<ReconciliationReportRow[]>()).map(toReport);
    },
  });
}

/** The addresses of payments, from their watches, which are kept when the watching is over. */
export function createWatchedAddresses(connection: Connection): WatchedAddresses {
  const watches = watchModel(connection);
  return refusingWhenDown({
    async ofPayments(chainId: number, paymentIds: readonly string[]) {
      const rows = await watches
        .find({ _id: { $in: [...paymentIds] }, chainId })
        .select({ addresses: 1 })
        .maxTimeMS(readLimitMs)
        .lean();
      return rows.flatMap(({ addresses }) => addresses.map(({ address, custody }) => ({ address, custody })));
    },
  });
}
