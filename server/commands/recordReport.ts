import { paymentIdOf } from '../domain/externalId.ts';
import type { ProviderReport } from '../domain/state.ts';
import type { ProviderEventStore, ReportOutcome } from '../ports/deliveries.ts';
import type { Clock, Observation, PaymentCoordinator } from '../ports.ts';
import { type Judgement, keepAndCount, type RawDelivery } from './rules/keepAndCount.ts';

export interface RecordReportDeps {
  readonly coordinator: PaymentCoordinator;
  readonly providerEvents: ProviderEventStore;
  readonly clock: Clock;
}

export interface RecordReportInput extends RawDelivery {
  readonly report: ProviderReport;
}

const provider = 'shkeeper';

function judge(observation: Observation): Judgement {
  switch (observation.outcome) {
    case 'changed':
      return { outcome: 'accepted', reason: 'changed' };
    case 'noChange':
    case 'duplicate':
      return { outcome: 'duplicate', reason: observation.outcome };
    case 'refused':
      return observation.code === 'payment_not_found'
        ? { outcome: 'unmatched', reason: observation.code }
        : { outcome: 'refused', reason: observation.code };
    default:
      return { outcome: 'refused', reason: observation.outcome };
  }
}

/** Records what the provider says about an invoice: one transition, or the raw delivery kept for people to look at. */
export function createRecordReport(deps: RecordReportDeps) {
  async function observe({ report, rawBody, headers }: RecordReportInput): Promise<Judgement> {
    const paymentId = paymentIdOf(report.externalId);
    if (paymentId === null) return { outcome: 'unmatched', reason: 'foreign_external_id' };
    const evidence = { rawBody: rawBody.toString('base64'), headers };
    const signal = { kind: 'providerReported', report } as const;
    const observation = await deps.coordinator.observe(paymentId, signal, { actor: `provider:${provider}`, evidence });
    return judge(observation);
  }

  return async function recordReport(input: RecordReportInput): Promise<ReportOutcome> {
    return keepAndCount(deps, provider, await observe(input), input);
  };
}
