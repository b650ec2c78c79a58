import type { ReconciliationReports } from '../ports/reconciliation.ts';
import type { Clock } from '../ports.ts';
import type { DueHandler } from './workDriver.ts';

const dayMs = 86_400_000;
/** 03:00 UTC: few trades, and a day's forwards and payouts are through. */
const nightAtMs = 3 * 3_600_000;

/** The id of the one due row; several processes share it, and its lease lets one of them work. */
export const nightlyRow = 'nightly';

/** The last moment up to `now` at which a night's work became due. */
const lastNightMs = (now: number) => Math.floor((now - nightAtMs) / dayMs) * dayMs + nightAtMs;

/** When the next night's work is due. */
export const nextNightMs = (now: number) => lastNightMs(now) + dayMs;

/** Reconciles once a night, named after its day: whoever takes the row after the report is there has nothing left to do. */
export function createNightly(deps: {
  readonly reconcile: (night: string) => Promise<unknown>;
  readonly reports: Pick<ReconciliationReports, 'has'>;
  readonly clock: Clock;
}): DueHandler {
  return async () => {
    const night = new Date(lastNightMs(deps.clock.now())).toISOString().slice(0, 10);
    if (!(await deps.reports.has(night))) await deps.reconcile(night);
    return nextNightMs(deps.clock.now());
  };
}
