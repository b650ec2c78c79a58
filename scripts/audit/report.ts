import type { BooksReport } from '../../server/commands/auditBooks.ts';

/** What the process needed. */
export interface Effort {
  readonly seconds: number;
  readonly rssMb: number;
}

/** The whole report as one object, for programs. */
export function asJson({ checked, blocks, violations, parked }: BooksReport, effort: Effort): string {
  const block = Object.fromEntries(blocks.map(({ network, ...rest }) => [network, rest]));
  return JSON.stringify({ checked, block, violations, parked, effort });
}

/** The report as people read it. */
export function asText({ checked, blocks, violations, parked }: BooksReport, { seconds, rssMb }: Effort): string {
  const lines = [
    ...blocks.map(({ network, chainId, number, hash }) => `${network} (chain ${chainId}) at block ${number} ${hash}`),
    `${checked.payments} logs with ${checked.transitions} transitions, in ${seconds} s and ${rssMb} MB`,
  ];
  if (checked.parked > 0) lines.push('', `${checked.parked} effect(s) were given up and wait for a person:`);
  for (const { record, reason, ageMs } of parked)
    lines.push(`  ${record}  ${reason}, ${Math.round(ageMs / 1000)} s ago`);
  if (checked.violations === 0) return [...lines, '', 'Everything holds.'].join('\n');
  lines.push('', `${checked.violations} violation(s); docs/operations/audit.md says what each means:`);
  for (const { invariant, record, detail } of violations)
    lines.push(`  ${invariant.padEnd(4)} ${record}`, `       ${detail}`);
  const unlisted = checked.violations - violations.length;
  if (unlisted > 0) lines.push(`  and ${unlisted} more`);
  return lines.join('\n');
}
