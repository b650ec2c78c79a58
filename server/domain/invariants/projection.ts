import { transitionId } from '../transition.ts';
import type { AuditedStep, AuditTools, ProjectedRow } from './auditedStep.ts';
import type { Report } from './violation.ts';

/** I6: the row of `payments` is what the newest step leaves there; a row may lag while the relay has not come to that step. */
export function checkProjection(
  tail: AuditedStep,
  row: ProjectedRow | null,
  { digest, projectionOf }: Pick<AuditTools, 'digest' | 'projectionOf'>,
  report: Report,
): void {
  const { transition, done } = tail;
  const { paymentId, seq } = transition;
  if (row === null) {
    if (done) report('I6', paymentId, 'it has a history and no row in payments');
    return;
  }
  if (row.version > seq) {
    const gone = transitionId(paymentId, seq + 1);
    report('I6', gone, `missing: the row in payments is of step ${row.version}, the history ends at ${seq}`);
    return;
  }
  if (row.version < seq) {
    if (done) report('I6', paymentId, `the row in payments stands at step ${row.version}, the history at ${seq}`);
    return;
  }
  if (digest(row.state) !== transition.stateHash)
    report('I6', paymentId, 'the state in payments is not that of the log');
  // A field that the row does not have at all is one that an older version did not write yet.
  const differing = Object.entries(projectionOf(transition)).filter(
    ([name, value]) =>
      name !== 'state' && row.fields[name] !== undefined && digest(row.fields[name]) !== digest(value ?? null),
  );
  if (differing.length > 0)
    report('I6', paymentId, `in payments ${differing.map(([name]) => name).join(', ')} differ from the log`);
}
