import type { BooksReport } from '../../server/commands/auditBooks.ts';

/** What the process needed. */
export interface Effort {
  readonly seconds: number;
  readonly rssMb: number;
}

/** How the process ends: 1 for a violation, 3 when something could not be looked at, 0 when everything was and holds. */
export function exitCodeOf({ checked, notCompared }: BooksReport): 0 | 1 | 3 {
  if (checked.violations > 0) return 1;
  return notCompared.length > 0 ? 3 : 0;
}

/** The whole report as one object, for programs. */
export function asJson({ blocks, ...report }: BooksReport, effort: Effort): string {
  const block = Object.fromEntries(blocks.map(({ network, ...rest }) => [network, rest]));
  return JSON.stringify({ ...report, block, effort });
}

function scopeOf({ blocks, since, notCompared }: BooksReport): string[] {
  return [
    ...blocks.map(({ network, chainId, number, hash }) => `${network} (chain ${chainId}) at block ${number} ${hash}`),
    ...(since > 0 ? [`facts older than block ${since} were left alone`] : []),
    ...notCompared.map(
      ({ network, logs }) => `${network} is not configured: ${logs} log(s) of it were compared with no chain`,
    ),
  ];
}

/** The report as people read it. */
export function asText(report: BooksReport, { seconds, rssMb }: Effort): string {
  const { checked, notCompared, violations, parked } = report;
  const lines = [
    ...scopeOf(report),
    `${checked.payments} logs with ${checked.transitions} transitions, in ${seconds} s and ${rssMb} MB`,
  ];
  if (checked.parked > 0) lines.push('', `${checked.parked} effect(s) were given up and wait for a person:`);
  for (const { record, reason, ageMs } of parked)
    lines.push(`  ${record}  ${reason}, ${Math.round(ageMs / 1000)} s ago`);
  const verdict = notCompared.length > 0 ? 'Everything that was looked at holds.' : 'Everything holds.';
  if (checked.violations === 0) return [...lines, '', verdict].join('\n');
  lines.push('', `${checked.violations} violation(s); docs/operations/audit.md says what each means:`);
  for (const { invariant, record, detail } of violations)
    lines.push(`  ${invariant.padEnd(4)} ${record}`, `       ${detail}`);
  const unlisted = checked.violations - violations.length;
  if (unlisted > 0) lines.push(`  and ${unlisted} more`);
  return lines.join('\n');
}
