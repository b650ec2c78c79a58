import { balanced } from '../../server/domain/ledger.ts';
import { decide, isFinal } from '../../server/domain/payment.ts';
import type { Signal } from '../../server/domain/signal.ts';
import type { State } from '../../server/domain/state.ts';
import type { Change } from '../../server/domain/transition.ts';
import { context, frozen } from './factories.ts';
import { insist } from './insist.ts';

/** All logs of a model world: the newest states, who holds which claim, and what every account holds by the legs alone. */
export interface Logs {
  readonly states: Map<string, { readonly state: State; readonly seq: number }>;
  readonly claims: Map<string, string>;
  readonly totals: Map<string, bigint>;
}
export const createLogs = (): Logs => ({ states: new Map(), claims: new Map(), totals: new Map() });

/** Does what the coordinator does, in memory: decides, honours claims, appends; checks what must hold of every single transition. */
export function observe(logs: Logs, paymentId: string, signal: Signal, nowMs: number): Change | null {
  const before = logs.states.get(paymentId) ?? null;
  const attempt = (lostClaims: ReadonlySet<string>) =>
    decide(
      before?.state ?? null,
      frozen(signal),
      context({ paymentId, seq: (before?.seq ?? 0) + 1, nowMs, lostClaims }),
    );
  let decision = attempt(new Set());
  if (decision.outcome !== 'change') return null;
  const lost = decision.claims.filter((name) => logs.claims.has(name));
  if (lost.some((name) => !/^(fund|slot):/.test(name))) {
    for (const name of lost) insist(`holder of ${name}`, logs.claims.get(name), paymentId);
    return null;
  }
  if (lost.length > 0) decision = attempt(new Set(lost));
  if (decision.outcome !== 'change') return null;
  append(logs, paymentId, decision, before?.state ?? null);
  return decision;
}

function append(logs: Logs, paymentId: string, change: Change, before: State | null): void {
  insist('legs balance', balanced(change.legs), true);
  for (const name of change.claims) {
    insist(`holder of ${name}`, logs.claims.get(name), undefined);
    logs.claims.set(name, paymentId);
  }
  for (const leg of change.legs) {
    const key = `${leg.asset} ${leg.account}`;
    logs.totals.set(key, (logs.totals.get(key) ?? 0n) + leg.amount);
  }
  if (before !== null && before.direction === 'in' && isFinal(before.status))
    insist('final stays final', change.state.status, before.status);
  logs.states.set(paymentId, { state: frozen(change.state), seq: (logs.states.get(paymentId)?.seq ?? 0) + 1 });
}

/** Says the same again and expects that nothing happens. */
export function expectRepeatChangesNothing(logs: Logs, paymentId: string, signal: Signal, nowMs: number): void {
  const { state } = logs.states.get(paymentId) ?? {};
  insist(`${signal.kind} repeated`, observe(logs, paymentId, signal, nowMs), null);
  insist('state after a repeat', logs.states.get(paymentId)?.state, state);
}
