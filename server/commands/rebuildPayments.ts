import { AppError } from '../errors.ts';
import type { AuditedBooks } from '../ports/audit.ts';
import type { BrokenLog, LogEnd, PaymentRows, RowFound } from '../ports/rebuild.ts';
import type { Logger } from '../ports.ts';

export interface RebuildDeps {
  readonly rows: PaymentRows;
  readonly books: Pick<AuditedBooks, 'rowsWithoutHistory'>;
  readonly logger: Logger;
}

/** A row that tells of a step which its log does not have: the log was cut, or the row was written by hand. */
export interface AheadRow {
  readonly paymentId: string;
  readonly version: string;
  readonly seq: number;
}

/** What a rebuild found and did. Lists are cut, the counts are of all. */
export interface RebuildReport {
  readonly logs: number;
  /** Rows that were copies of their logs already. */
  readonly same: number;
  readonly written: {
    readonly missing: number;
    readonly behind: number;
    readonly differing: number;
    readonly ahead: number;
  };
  /** What is left for a person: rows ahead of their log that stand, logs that cannot be copied, and rows that have no log. */
  readonly left: { readonly ahead: number; readonly broken: number; readonly withoutHistory: number };
  readonly ahead: readonly AheadRow[];
  readonly broken: readonly BrokenLog[];
  readonly withoutHistory: readonly string[];
}

type Kind = 'same' | 'missing' | 'behind' | 'differing' | 'ahead';

const mostListed = 1_000;
const progressEvery = 10_000;
/** A row that servers go on changing is theirs; one that never becomes what was written is nobody's. */
const mostRounds = 5;

function createTally() {
  const report = {
    ...{ logs: 0, same: 0 },
    written: { missing: 0, behind: 0, differing: 0, ahead: 0 },
    left: { ahead: 0, broken: 0, withoutHistory: 0 },
    ...{ ahead: [] as AheadRow[], broken: [] as BrokenLog[], withoutHistory: [] as string[] },
  };
  const list = <T>(kept: T[], one: T) => void (kept.length < mostListed && kept.push(one));
  return {
    report,
    stands(row: AheadRow): void {
      report.left.ahead += 1;
      list(report.ahead, row);
    },
    broken(log: BrokenLog): void {
      report.left.broken += 1;
      list(report.broken, log);
    },
    withoutHistory(paymentId: string): void {
      report.left.withoutHistory += 1;
      list(report.withoutHistory, paymentId);
    },
  };
}
type Tally = ReturnType<typeof createTally>;

function kindOf({ transition: { seq } }: LogEnd, found: RowFound | undefined): Kind {
  if (found === undefined) return 'missing';
  if (found.isSame) return 'same';
  if (typeof found.version !== 'number' || found.version === seq) return 'differing';
  return found.version < seq ? 'behind' : 'ahead';
}

/** Makes every row of `payments` the copy of its log again, beside running servers. Rows ahead of their log only with `force`. */
export function createRebuildPayments({ rows, books, logger }: RebuildDeps) {
  /** Of rows that are ahead: servers may have appended since the log was read, and then the row is right. */
  async function isTrulyAhead({ paymentId }: LogEnd, found: RowFound | undefined): Promise<boolean> {
    const newest = (await rows.newestSeq(paymentId)) ?? 0;
    return typeof found?.version === 'number' && found.version > newest;
  }

  async function rebuild(ends: readonly LogEnd[], force: boolean, tally: Tally): Promise<void> {
    let open = ends;
    for (let round = 0; open.length > 0; round += 1) {
      if (round === mostRounds) throw new AppError('busy', `The row of ${open[0]?.paymentId} changes again and again.`);
      const found = await rows.rows(open);
      const toWrite: LogEnd[] = [];
      for (const end of open) {
        const row = found.get(end.paymentId);
        const kind = kindOf(end, row);
        const ahead = kind === 'ahead' && (await isTrulyAhead(end, row));
        if (kind === 'same' || (kind === 'ahead' && !ahead)) {
          if (round === 0) tally.report.same += 1;
        } else if (ahead && !force) {
          const { paymentId, transition } = end;
          tally.stands({ paymentId, version: String(row?.version), seq: transition.seq });
        } else {
          toWrite.push(end);
          if (round === 0) tally.report.written[kind] += 1;
        }
      }
      await rows.write(toWrite, found);
      open = toWrite;
    }
  }

  return async function rebuildPayments({ force = false }: { readonly force?: boolean } = {}): Promise<RebuildReport> {
    const tally = createTally();
    await rows.begin();
    let next = progressEvery;
    for await (const batch of rows.ends()) {
      const ends = batch.filter((log): log is LogEnd => !('problem' in log));
      for (const log of batch) if ('problem' in log) tally.broken(log);
      await rebuild(ends, force, tally);
      tally.report.logs += batch.length;
      if (tally.report.logs < next) continue;
      next = tally.report.logs + progressEvery;
      const { logs, written, left } = tally.report;
      logger.info({ logs, ...written, left }, 'rebuild goes on');
    }
    for await (const paymentId of books.rowsWithoutHistory()) tally.withoutHistory(paymentId);
    // One that does not come to here leaves the mark to the next one: rows may still be missing.
    await rows.end();
    return tally.report;
  };
}
