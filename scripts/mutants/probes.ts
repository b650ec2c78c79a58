import { Instrumenter, type Point } from '../contractCoverage/instrument.ts';
import { PROBE_FILE, PROBE_SOURCE } from '../contractCoverage/probe.ts';
import type { Mutant } from './mutant.ts';
import type { Sources } from './sources.ts';

/** The sources with a probe at every statement, and where each probe is. */
export function withProbes(sources: Sources): { sources: Sources; points: Point[] } {
  const points: Point[] = [];
  const result: Record<string, string> = { [PROBE_FILE]: PROBE_SOURCE };
  let next = 1;
  for (const [file, text] of Object.entries(sources)) {
    const source = new Instrumenter(file, text, next);
    const up = file.includes('/') ? '../' : './';
    result[file] = source.run(`import {__hit, __cond} from "${up}${PROBE_FILE}";`);
    points.push(...source.points);
    next = source.nextProbe;
  }
  return { sources: result, points };
}

/** The probes of the statement around a mutant, or of all lines that name its constant; none if it has no line. */
export function probesOf({ file, reach }: Mutant, points: readonly Point[], sources: Sources): number[] {
  const lines = points.filter((point) => point.kind === 'line');
  if (typeof reach === 'number') {
    return lines.filter((point) => point.file === file && point.line === reach).map((point) => point.probe);
  }
  const name = new RegExp(`\\b${reach.constant}\\b`);
  return lines.filter((point) => name.test(lineOf(sources[point.file], point.line))).map((point) => point.probe);
}

function lineOf(text: string | undefined, line: number): string {
  return text?.split('\n')[line - 1] ?? '';
}
