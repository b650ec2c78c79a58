import type { PayoutMachine } from '../payout.ts';
import { isEnded } from '../payoutMachine.ts';
import type { PaymentState, State } from '../state.ts';
import type { AuditTools } from './auditedStep.ts';
import type { Report } from './violation.ts';

const minutes = (ms: number) => `${Math.floor(ms / 60_000)} min`;

/** An open payment ends at its expiry; one whose transfer is sighted waits for it, at most as long as it is watched. */
const endOf = (state: PaymentState) => (state.seen.length > 0 ? state.watchUntilMs : state.expiresAtMs);

function machinesOf(state: State): PayoutMachine[] {
  if (state.direction === 'out') return [state.machine];
  return state.direction === 'in' && state.forward !== null ? [state.forward] : [];
}

/** I12: nothing stays open past its deadline and a grace; a payout without a clear answer is handed to a person in time. */
export function checkDeadlines(state: State, { nowMs, graces }: AuditTools, report: Report): void {
  if (state.direction === 'in' && (state.status === 'pending' || state.status === 'processing')) {
    const late = nowMs - endOf(state);
    if (late > graces.deadlineMs) report('I12', state.id, `it is still ${state.status} ${minutes(late)} after its end`);
  }
  for (const machine of machinesOf(state)) {
    if (isEnded(machine) || machine.stage === 'manual') continue;
    const late = nowMs - machine.requestedAtMs - graces.payoutMs;
    if (late > graces.deadlineMs)
      report('I12', state.id, `the payout ${machine.externalId} is ${machine.stage} ${minutes(late)} after its time`);
  }
}
