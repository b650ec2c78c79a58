import type { AuditedStep, AuditTools, Beside, RequestRow } from '../../../server/domain/invariants/auditedStep.ts';
import { createPaymentAudit } from '../../../server/domain/invariants/paymentAudit.ts';
import type { Violation } from '../../../server/domain/invariants/violation.ts';
import { decide } from '../../../server/domain/payment.ts';
import { requestedMachine } from '../../../server/domain/payoutMachine.ts';
import type { Signal } from '../../../server/domain/signal.ts';
import type { State } from '../../../server/domain/state.ts';
import { effectKey, type Transition, transitionId } from '../../../server/domain/transition.ts';
import { digest } from '../../../server/store/codec.ts';
import * as f from '../factories.ts';

const machine = requestedMachine({
  ...{ externalId: `${f.paymentId}-9-0`, coin: 'BNB-USDT', wallet: f.addresses.hotWallet, amount: 95n },
  ...{ destination: f.addresses.refundTo, callbackUrl: 'https://example.org/payout', requestedAtMs: f.startMs },
});
/** Opens the record of a payout out of the payment of these tests. */
export const payoutOpened: Signal = {
  kind: 'payoutOpened',
  payout: {
    ...{ source: { paymentId: f.paymentId, n: 1 }, marketplaceId: 'market', requestId: 'request', offerId: 'offer' },
    ...{ buyerId: 'buyer1', sellerId: 'seller1', asset: f.asset, amount: 95n, machine },
  },
};

/** What a signal of these tests is told with, beside what it says itself. */
interface Told {
  readonly paymentId?: string;
  readonly nowMs?: number;
}

const link = (content: Omit<Transition, 'hash'>): Transition => ({ ...content, hash: digest(content) });

/** A log as the coordinator would append it, every effect done. */
export function historyOf(signals: readonly Signal[], { paymentId = f.paymentId, nowMs = f.onTimeMs }: Told = {}) {
  const steps: AuditedStep[] = [];
  let [state, prev]: [State | null, string] = [null, '0'.repeat(64)];
  for (const signal of signals) {
    const seq = steps.length + 1;
    const change = f.changed(decide(state, signal, f.context({ paymentId, seq, nowMs })));
    const opening = signal.kind === 'intentOpened' || signal.kind === 'payoutOpened';
    const transition = link({
      ...{ id: transitionId(paymentId, seq), paymentId, seq, prev, kind: signal.kind, atMs: nowMs, actor: 'test' },
      ...{ from: state?.status ?? null, to: change.state.status, claims: change.claims, legs: change.legs },
      effects: change.effects.map((effect, n) => ({ ...effect, key: effectKey(paymentId, seq, n) })),
      ...{ state: change.state, stateHash: digest(change.state), evidence: opening ? {} : { signal } },
      attempt: `attempt-${seq}`,
    });
    const slot = change.claims.find((name) => name.startsWith('slot:')) ?? null;
    steps.push({ transition, done: true, parked: [], slot });
    state = change.state;
    prev = transition.hash;
  }
  return steps;
}

/** Changes one step and leaves its hash as it was: what somebody does who writes into the database. */
export function tampered(steps: readonly AuditedStep[], seq: number, change: Partial<Transition>): AuditedStep[] {
  return steps.map((step) =>
    step.transition.seq === seq ? { ...step, transition: { ...step.transition, ...change } } : step,
  );
}

/** The same by somebody who knows the hashes: the changed step and all that follow it are linked anew. */
export function forged(steps: readonly AuditedStep[], seq: number, change: Partial<Transition>): AuditedStep[] {
  let prev = '0'.repeat(64);
  return tampered(steps, seq, change).map((step) => {
    const { hash: _, ...content } = step.transition;
    const transition = link({ ...content, prev, stateHash: digest(content.state) });
    prev = transition.hash;
    return { ...step, transition };
  });
}

/** What `payments` holds of a transition in these tests. */
export const projectionOf = ({ seq, state, stateHash }: Transition): Record<string, unknown> => ({
  version: seq,
  status: state.status,
  buyerId: state.buyerId,
  stateHash,
});

export const tools: AuditTools = {
  digest,
  projectionOf,
  nowMs: f.onTimeMs + 1_000,
  graces: { effectMs: 60_000, deadlineMs: 60_000, payoutMs: f.dayMs },
};

/** The step with this number, which has to be there. */
export function stepAt(steps: readonly AuditedStep[], seq: number): Transition {
  const found = steps.find((step) => step.transition.seq === seq);
  if (found === undefined) throw new Error(`no step ${seq}`);
  return found.transition;
}

const tailOf = (steps: readonly AuditedStep[]): Transition => {
  const tail = steps.at(-1)?.transition;
  if (tail === undefined) throw new Error('a history needs a step');
  return tail;
};

/** The row that the newest step leaves behind. */
export function rowOf(steps: readonly AuditedStep[]): NonNullable<Beside['row']> {
  const tail = tailOf(steps);
  return { version: tail.seq, status: tail.to, state: tail.state, fields: projectionOf(tail) };
}

/** The request that a payment funded, as its effects leave it. */
export function requestOf(steps: readonly AuditedStep[], changes: Partial<RequestRow> = {}): RequestRow {
  const { state } = tailOf(steps);
  const status =
    ({ released: 'seller_paid', refunded: 'refunded' } as const)[state.status as 'released'] ?? 'processing';
  return { status, fundedBy: state.id, unrejected: [{ id: state.offerId, status: 'accepted' }], ...changes };
}

/** Everything the auditor of one log finds. */
export function audited(
  steps: readonly AuditedStep[],
  { beside = {}, ...lent }: Partial<AuditTools> & { readonly beside?: Partial<Beside> } = {},
): readonly Violation[] {
  const paymentId = tailOf(steps).state.id;
  const audit = createPaymentAudit(paymentId, { ...tools, ...lent });
  for (const step of steps) audit.step(step);
  return audit.end({ row: rowOf(steps), request: requestOf(steps), ...beside });
}

/** Invariant and record of everything that was found. */
export const named = (violations: readonly Violation[]): string[] =>
  violations.map(({ invariant, record }) => `${invariant} ${record}`);
