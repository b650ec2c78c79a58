import type { Point } from './instrument.ts';

const KINDS = ['line', 'branch', 'function'] as const;

/** The table of all files, then each point that no test reached. */
export function printReport(points: readonly Point[], hits: ReadonlySet<number>): void {
  const files = [...new Set(points.map((point) => point.file))];
  const width = Math.max(...files.map((file) => file.length)) + 2;
  console.log(
    `\n${''.padEnd(width)}${KINDS.map((kind) => `${kind}es`.replace(/([ent])es$/, '$1s').padStart(20)).join('')}`,
  );
  for (const file of files)
    console.log(
      row(
        file,
        width,
        points.filter((point) => point.file === file),
        hits,
      ),
    );
  console.log(row('all', width, points, hits));
  const missed = points.filter((point) => !hits.has(point.probe));
  if (missed.length > 0) console.log('\nNot reached by any test:');
  for (const { kind, file, line, label } of missed) console.log(`  ${file}:${line} ${kind}: ${label}`);
}

function row(name: string, width: number, points: readonly Point[], hits: ReadonlySet<number>): string {
  const cells = KINDS.map((kind) => {
    const all = units(points.filter((point) => point.kind === kind));
    const reached = [...all.values()].filter((probes) => probes.every((probe) => hits.has(probe))).length;
    if (all.size === 0) return '-'.padStart(20);
    return `${((100 * reached) / all.size).toFixed(2)} % (${reached}/${all.size})`.padStart(20);
  });
  return name.padEnd(width) + cells.join('');
}

/** Lines count once, and only with all their statements; everything else counts by itself. */
function units(points: readonly Point[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { kind, file, line, probe } of points) {
    const key = kind === 'line' ? `${file}:${line}` : `${file}:${probe}`;
    found.set(key, [...(found.get(key) ?? []), probe]);
  }
  return found;
}
