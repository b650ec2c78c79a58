import type { PayoutMachine } from '../domain/payout.ts';
import type { State } from '../domain/state.ts';
import type { Clock, DueWork, ProviderEventStore, Queries, ReportOutcome, TransitionStore } from '../ports.ts';

/** What the provider's payout callback says, in our words (shkeeper.md §10.9). */
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

export interface RecordPayoutCallbackInput {
  readonly callback: PayoutCallback;
  readonly rawBody: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const provider = 'shkeeper-payout';

function machineOf(state: State | undefined): PayoutMachine | null {
  if (state?.direction === 'out') return state.machine;
  return state?.direction === 'in' ? state.forward : null;
}

/** A payout callback proves nothing: it only makes the payout's next look due now (shkeeper.md §10.9). */
export function createRecordPayoutCallback(deps: RecordPayoutCallbackDeps) {
  async function look(externalId: string | null) {
    const paymentId = externalId === null ? null : await deps.queries.paymentByExternalId(externalId);
    if (paymentId === null) return { outcome: 'unmatched', reason: 'foreign_external_id' } as const;
    const machine = machineOf((await deps.store.tail(paymentId))?.state);
    if (machine?.externalId !== externalId || machine.stage === 'confirmed' || machine.stage === 'dead') {
      return { outcome: 'duplicate', reason: 'ended' } as const;
    }
    await deps.dueWork.schedule('drivePayout', paymentId, deps.clock.now());
    return { outcome: 'accepted', reason: 'look' } as const;
  }

  return async function recordPayoutCallback(input: RecordPayoutCallbackInput): Promise<ReportOutcome> {
    const { outcome, reason } = await look(input.callback.externalId);
    if (outcome === 'unmatched') {
      const { headers, rawBody } = input;
      await deps.providerEvents.keep({
        ...{ provider, outcome, reason, headers, rawBody },
        receivedAtMs: deps.clock.now(),
      });
    }
    await deps.providerEvents.count(provider, outcome, reason);
    return outcome;
  };
}
