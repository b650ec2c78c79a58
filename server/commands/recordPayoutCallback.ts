import { isEnded } from '../domain/payoutMachine.ts';
import type { ProviderEventStore, ReportOutcome } from '../ports/deliveries.ts';
import type { Clock, DueWork, Queries, TransitionStore } from '../ports.ts';
import { keepAndCount, type RawDelivery } from './rules/keepAndCount.ts';
import { payoutView } from './rules/payoutView.ts';

/** What the provider's payout callback says, in our words. */
export interface PayoutCallback {
  readonly payoutId: string;
  readonly externalId: string | null;
  readonly txHash: string | null;
  readonly status: string;
}

export interface RecordPayoutCallbackDeps {
  readonly queries: Queries;
  readonly store: TransitionStore;
  readonly dueWork: DueWork;
  readonly providerEvents: ProviderEventStore;
  readonly clock: Clock;
}

export interface RecordPayoutCallbackInput extends RawDelivery {
  readonly callback: PayoutCallback;
}

const provider = 'shkeeper-payout';

/** A payout callback proves nothing: it only makes the payout's next look due now. */
export function createRecordPayoutCallback(deps: RecordPayoutCallbackDeps) {
  async function look(externalId: string | null) {
    const paymentId = externalId === null ? null : await deps.queries.paymentByExternalId(externalId);
    if (paymentId === null) return { outcome: 'unmatched', reason: 'foreign_external_id' } as const;
    const machine = payoutView((await deps.store.tail(paymentId))?.state)?.machine;
    if (machine?.externalId !== externalId || isEnded(machine)) {
      return { outcome: 'duplicate', reason: 'ended' } as const;
    }
    await deps.dueWork.schedule('drivePayout', paymentId, deps.clock.now());
    return { outcome: 'accepted', reason: 'look' } as const;
  }

  return async function recordPayoutCallback(input: RecordPayoutCallbackInput): Promise<ReportOutcome> {
    return keepAndCount(deps, provider, await look(input.callback.externalId), input);
  };
}
