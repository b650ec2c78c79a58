import { claim } from './claim.ts';
import { type NoChange, type Refused, refuse, same } from './draft.ts';
import type { PayoutMachine } from './payout.ts';
import { advance, hasGoneOn, isMachineSignal, postClaims, statusOfStage } from './payoutMachine.ts';
import type { PayoutFacts, Signal, SignalOf } from './signal.ts';
import type { PaymentStatus, PayoutState } from './state.ts';
import type { Change, DecideContext, Decision, EffectBody } from './transition.ts';

const change = (state: PayoutState, effects: readonly EffectBody[], claims: readonly string[] = []): Change => ({
  outcome: 'change',
  state,
  claims,
  legs: [],
  effects,
});

const updated = { type: 'event', event: { name: 'payout.updated' } } as const;

/** Opens the record of a payout; it drives its own machine and posts no legs. */
export function openPayout(payout: PayoutFacts, context: DecideContext): Change {
  const { amount: price, ...facts } = payout;
  const state: PayoutState = {
    ...facts,
    id: context.paymentId,
    direction: 'out',
    status: statusOfStage[payout.machine.stage],
    failureReason: null,
    flags: [],
    price,
    openedAtMs: context.nowMs,
    metadata: null,
  };
  return change(state, [{ type: 'drivePayout' }, { type: 'event', event: { name: 'payout.created' } }]);
}

type PayoutSignalKind = Extract<Signal['kind'], `payout${string}`>;
type Ended = Extract<PaymentStatus, 'completed' | 'failed'>;
type Edges = Readonly<Partial<Record<PaymentStatus, readonly PaymentStatus[]>>>;

/** Where each signal may lead a payout's own record from each status; a pair that is missing leads nowhere. */
export const payoutTable: Readonly<Partial<Record<Signal['kind'], Edges>>> = Object.freeze({
  payoutWaiting: { pending: ['pending'] },
  payoutUnknown: { pending: ['processing'] },
  payoutSubmitted: { processing: ['processing'] },
  payoutReported: { pending: ['processing'], processing: ['processing'] },
  payoutSucceeded: { pending: ['completed'], processing: ['completed'], failed: ['completed'] },
  payoutFailed: { pending: ['failed'], processing: ['failed'] },
} satisfies { readonly [K in PayoutSignalKind]?: Edges });

/** What a payout's own log does with each signal; every signal about payouts has to be here. */
const handlers: {
  readonly [K in PayoutSignalKind]: (state: PayoutState, signal: SignalOf<K>, context: DecideContext) => Decision;
} = {
  payoutRequested: () => refuse('not_applicable', 'a payout is requested in the log that pays it'),
  payoutOpened: () => same('already_open'),
  payoutWaiting: drive,
  payoutUnknown: drive,
  payoutSubmitted: drive,
  payoutReported: drive,
  payoutSucceeded: (state, { transfer, txHash }) =>
    end(
      state,
      'completed',
      { stage: 'confirmed', txHash: txHash ?? transfer?.txHash ?? state.machine.txHash },
      // One transfer ends one payout: an equal one would else be paid by it as well, and never be sent.
      transfer === null ? [] : [claim.payoutProof(transfer)],
    ),
  payoutFailed: (state, { judged, proof }) =>
    state.status !== 'failed' && hasGoneOn(state.machine, judged)
      ? refuse('not_applicable', 'the payout has gone on meanwhile')
      : end(state, 'failed', { stage: 'dead', reason: proof }),
};

/** Says what a signal does to a payout's own record. */
export function decidePayout(state: PayoutState, signal: Signal, context: DecideContext): Decision {
  const handler = (handlers as Partial<Record<Signal['kind'], typeof drive>>)[signal.kind];
  return handler === undefined
    ? refuse('not_applicable', 'a payout record takes signals of its machine only')
    : closed(handler(state, signal, context), payoutTable[signal.kind]?.[state.status] ?? []);
}

/** Throws when a handler went where the table does not let it. */
function closed(decision: Decision, allowed: readonly PaymentStatus[]): Decision {
  if (decision.outcome !== 'change' || allowed.includes(decision.state.status)) return decision;
  throw new Error(`no signal leads a payout to ${decision.state.status} here`);
}

function drive(state: PayoutState, signal: Signal, context: DecideContext): Change | NoChange | Refused {
  if (!isMachineSignal(signal)) return refuse('not_applicable', 'no signal of the machine');
  const machine = advance(state.machine, signal, context.nowMs);
  if (machine === null) return same('nothing_new');
  const claims = signal.kind === 'payoutUnknown' ? postClaims(machine, state.asset.network, signal.slot) : [];
  if (claims.some((name) => context.lostClaims.has(name))) return same('slot_taken');
  const manual = machine.stage === 'manual' && !state.flags.includes('manual');
  const next = {
    ...state,
    machine,
    status: statusOfStage[machine.stage],
    flags: manual ? [...state.flags, 'manual' as const] : state.flags,
  };
  const visible = next.status !== state.status || manual || machine.txHash !== state.machine.txHash;
  return change(
    next,
    [...(visible ? [updated] : []), ...(manual ? [{ type: 'alarm', reason: 'payout_needs_person' } as const] : [])],
    claims,
  );
}

/** Ends the record and reports to the log that pays. A success is final; a death that proves wrong can still become one. */
function end(
  state: PayoutState,
  status: Ended,
  fields: Partial<PayoutMachine>,
  claims: readonly string[] = [],
): Change | NoChange {
  if (state.status === status || state.status === 'completed') return same('already_ended');
  const succeeded = status === 'completed';
  const failureReason = succeeded ? null : ('payout_failed' as const);
  const effects: EffectBody[] = [
    { type: 'reportPayout', outcome: succeeded ? 'succeeded' : 'failed' },
    succeeded ? { type: 'event', event: { name: 'payout.completed' } } : updated,
  ];
  return change({ ...state, status, failureReason, machine: { ...state.machine, ...fields } }, effects, claims);
}
