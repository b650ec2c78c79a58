import type { RebuildReport } from '../../server/commands/rebuildPayments.ts';

/** Whether something is left for a person. */
export const isDone = ({ left }: RebuildReport) => left.ahead + left.broken + left.withoutHistory === 0;

/** The report as people read it. */
export function asText(report: RebuildReport, seconds: number): string {
  const { logs, same, written, left } = report;
  const { missing, behind, differing, ahead } = written;
  const lines = [
    `${logs} logs in ${seconds} s: ${same} rows were right, written were ${missing} missing, ${behind} old, ${differing} edited and ${ahead} ahead`,
  ];
  for (const { paymentId, version, seq } of report.ahead)
    lines.push(
      `  ${paymentId}  its row is of step ${version}, its log ends at ${seq}: the log was cut, or the row was written by hand`,
    );
  for (const { paymentId, problem } of report.broken) lines.push(`  ${paymentId}  not written: ${problem}`);
  for (const paymentId of report.withoutHistory) lines.push(`  ${paymentId}  has a row and no history`);
  const unlisted =
    left.ahead +
    left.broken +
    left.withoutHistory -
    report.ahead.length -
    report.broken.length -
    report.withoutHistory.length;
  if (unlisted > 0) lines.push(`  and ${unlisted} more`);
  const verdict = isDone(report)
    ? 'Every row is the copy of its log.'
    : 'These are for a person: docs/operations/rebuild.md says what each means.';
  return [...lines, verdict].join('\n');
}
