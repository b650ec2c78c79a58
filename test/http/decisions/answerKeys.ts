import { readFileSync, writeFileSync } from 'node:fs';
import type { Caller } from './stage.ts';

/** Who is shown a field, as the names of callers in their order, and which fields. */
export type ShownTo = Readonly<Record<string, readonly string[]>>;

const file = new URL('./answerKeys.json', import.meta.url);

/** What is shown to whom, operation by operation, as it was decided. */
export const keptKeys = (): Readonly<Record<string, ShownTo>> => JSON.parse(readFileSync(file, 'utf8'));

/** Writes what was found in the place of what was decided. */
export const keepKeys = (found: Readonly<Record<string, ShownTo>>): void =>
  writeFileSync(file, `${JSON.stringify(found, null, 1)}\n`);

/** The paths of all fields of an answer; entries of a list count as one. */
export function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => pathsOf(entry, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [path];
  const fields = Object.entries(value);
  return fields.length === 0 ? [path] : fields.flatMap(([name, entry]) => pathsOf(entry, `${path}.${name}`));
}

/** Groups the fields of one operation's answers by who was shown them. */
export function shownTo(answers: ReadonlyMap<Caller, unknown>): ShownTo {
  const seers = new Map<string, Caller[]>();
  for (const [caller, body] of answers) {
    for (const path of new Set(pathsOf(body))) seers.set(path, [...(seers.get(path) ?? []), caller]);
  }
  const groups: Record<string, string[]> = {};
  for (const [path, callers] of [...seers].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const who = callers.length === answers.size && answers.size > 1 ? 'everybody who is answered' : callers.join(', ');
    groups[who] = [...(groups[who] ?? []), path];
  }
  return groups;
}
