import type { Transition } from '../transition.ts';
import { transitionId } from '../transition.ts';
import type { AuditTools } from './auditedStep.ts';
import { isEdge } from './edges.ts';
import type { Report } from './violation.ts';

/** The predecessor of a first transition. */
const genesis = '0'.repeat(64);

/** I1: the sequence of a log runs 1, 2, 3 …; answers whether the step follows the one before. */
export function checkSequence(step: Transition, before: Transition | null, logId: string, report: Report): boolean {
  const expected = (before?.seq ?? 0) + 1;
  if (step.id !== transitionId(logId, step.seq) || step.paymentId !== logId)
    report('I1', step.id, `it calls itself step ${step.seq} of ${step.paymentId}`);
  if (step.seq === expected) return true;
  const missing = transitionId(logId, expected);
  const found = `the next that is there is ${step.id}`;
  if (step.seq > expected) report('I1', missing, `missing: ${step.seq - expected} transition(s); ${found}`);
  else report('I1', step.id, `step ${expected} was expected`);
  return false;
}

/** I2: every step is an edge of the published tables and begins where the last one ended. */
export function checkEdge(step: Transition, before: Transition | null, follows: boolean, report: Report): void {
  const { id, kind, from, to, state } = step;
  if (follows && from !== (before?.to ?? null))
    report('I2', id, `it begins at ${from}, the step before ended at ${before?.to ?? 'nothing'}`);
  if (to !== state.status) report('I2', id, `it says ${to}, its state says ${state.status}`);
  if (before !== null && follows && before.state.direction !== state.direction)
    report('I2', id, `a log of direction ${before.state.direction} has a state of direction ${state.direction}`);
  if (!isEdge({ direction: state.direction, kind, from, to }))
    report('I2', id, `${kind} leads from ${from ?? 'nothing'} to ${to} in no table`);
}

/** I3: each step's hash is that of its content, and names the hash of the step before. */
export function checkHashes(
  step: Transition,
  before: Transition | null,
  follows: boolean,
  { digest, report }: Pick<AuditTools, 'digest'> & { readonly report: Report },
): void {
  const { hash, ...content } = step;
  if (digest(content) !== hash) report('I3', step.id, 'its hash is not the hash of its content');
  if (digest(step.state) !== step.stateHash) report('I3', step.id, 'its state hash is not the hash of its state');
  if (follows && step.prev !== (before?.hash ?? genesis))
    report('I3', step.id, before === null ? 'a first step has no predecessor' : `it does not follow ${before.id}`);
}
