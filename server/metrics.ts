import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { formatAmount } from './domain/money.ts';
import type { Backlogs } from './ports/backlogs.ts';
import type { ReconciliationReports, ReportedRow } from './ports/reconciliation.ts';
import type { Clock, Logger } from './ports.ts';

/** Where the figures come from; all from the database, so that every process tells the same. */
export interface MetricsSources {
  readonly reports: Pick<ReconciliationReports, 'newest'>;
  readonly backlogs: Backlogs;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The figures in Prometheus' text format. */
export interface Metrics {
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Counts of backlogs stop here: a scrape must stay cheap when much waits. */
const countedMost = 1_000;

/** A difference as a number of tokens; base units when nobody knows the decimals. */
function tokensOf({ outcome, difference, decimals }: ReportedRow): number {
  return outcome === 'differs' ? Number(formatAmount(difference ?? 0n, decimals ?? 0)) : 0;
}

/** A figure by its labels; `forget` leaves it out of the text until it is set again. */
interface Figure {
  set(value: number, labels?: Readonly<Record<string, string>>): void;
  forget(): void;
}

/** Every figure of ours, named once. */
function defineFigures(registry: Registry) {
  const figure = (name: string, help: string, labelNames: string[] = []): Figure => {
    const gauge = new Gauge({ name: `holdfast_${name}`, help, labelNames, registers: [registry] });
    const forget = () => {
      gauge.reset();
      // Without labels a reset means zero, and zero would be a figure.
      if (labelNames.length === 0) gauge.remove();
    };
    forget();
    return { forget, set: (value, labels = {}) => gauge.set(labels, value) };
  };
  return {
    difference: figure(
      'reconciliation_difference',
      'Tokens that were found more (or less) than the books say, last night; 0 where both agree',
      ['asset', 'kind'],
    ),
    unread: figure('reconciliation_unread', 'Comparisons of last night with a side that could not be read'),
    finished: figure('reconciliation_finished_seconds', 'When the last reconciliation ended, in unix time'),
    relayAge: figure('relay_backlog_age_seconds', 'Age of the oldest transition whose effects are not done'),
    relay: figure('relay_backlog', `Transitions whose effects are not done, counted up to ${countedMost}`),
    dueAge: figure('due_work_backlog_age_seconds', 'How long the oldest due row waits', ['kind']),
    due: figure('due_work_backlog', `Rows that are due, counted up to ${countedMost}`, ['kind']),
  };
}

/** Creates the registry; figures are read when they are asked for, and those that cannot be read are left out. */
export function createMetrics({ reports, backlogs, clock, logger }: MetricsSources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const figures = defineFigures(registry);
  const age = (sinceMs: number | null) => (sinceMs === null ? 0 : Math.max(0, clock.now() - sinceMs) / 1000);

  async function readReport(): Promise<void> {
    const [newest] = await reports.newest(1);
    if (newest === undefined) return;
    figures.finished.set(newest.finishedAtMs / 1000);
    figures.unread.set(newest.rows.filter(({ outcome }) => outcome === 'unknown').length);
    for (const row of newest.rows) {
      if (row.outcome !== 'unknown') figures.difference.set(tokensOf(row), { asset: row.asset, kind: row.comparison });
    }
  }
  async function readRelay(): Promise<void> {
    const { count, oldestMs } = await backlogs.relay(countedMost);
    figures.relay.set(count);
    figures.relayAge.set(age(oldestMs));
  }
  async function readDueWork(): Promise<void> {
    for (const { kind, count, oldestMs } of await backlogs.dueWork(clock.now(), countedMost)) {
      figures.due.set(count, { kind });
      figures.dueAge.set(age(oldestMs), { kind });
    }
  }

  return {
    async text() {
      for (const figure of Object.values(figures)) figure.forget();
      const reads = await Promise.allSettled([readReport(), readRelay(), readDueWork()]);
      for (const read of reads)
        if (read.status === 'rejected') logger.warn({ error: read.reason }, 'a metric cannot be read');
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
