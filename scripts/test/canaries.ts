import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A secret that a test uses, and how a report calls it. */
export interface Canary {
  readonly name: string;
  readonly value: string;
}

/** What a shorter text would be found in by chance. */
const shortest = 12;
/** Bytes by which the detector looks up which secrets may begin here. */
const beginning = 4;
const tableSize = 2 ** 16;
/** Secrets that are known by their shape: tokens, and what servers sign with. */
const shapes: readonly (readonly [name: string, shape: RegExp])[] = [
  ['a JWT', /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+/],
  ['the secret of an API key', /hfs_[0-9a-f]{64}/],
];

/** The part of the base64 of `value` that is the same whatever stands before and behind it, for each of the three places it may begin at. */
function base64Parts(value: string): string[] {
  return [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)]);
    const text = bytes.toString('base64').replace(/=+$/, '');
    const mixed = bytes.length % 3 === 0 ? 0 : 1;
    return text.slice(Math.ceil((shift * 8) / 6), text.length - mixed);
  });
}

/** How a secret may be written. */
export function formsOf(value: string): string[] {
  const base64 = base64Parts(value);
  const urlSafe = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const written = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)];
  return [...new Set([...written, Buffer.from(value).toString('hex'), ...base64, ...urlSafe])];
}

/** Looks for secrets in every form at once; answers the names of those it finds. */
export function createDetector(canaries: readonly Canary[]): (text: Buffer) => readonly string[] {
  const needles = new Map<number, { readonly name: string; readonly bytes: Buffer }[]>();
  const begins = new Uint8Array(tableSize);
  const slot = (word: number) => (word ^ (word >>> 16)) & (tableSize - 1);
  for (const { name, value } of canaries) {
    if (value.length < shortest)
      throw new Error(`${name} is too short to be recognised: ${shortest} characters at least`);
    for (const form of formsOf(value)) {
      const bytes = Buffer.from(form);
      const word = bytes.readUInt32BE();
      begins[slot(word)] = 1;
      needles.set(word, [...(needles.get(word) ?? []), { name, bytes }]);
    }
  }
  return (text) => {
    const found = new Set<string>();
    let word = 0;
    for (let end = 0; end < text.length; end += 1) {
      word = ((word << 8) | (text[end] ?? 0)) >>> 0;
      if (begins[slot(word)] === 0) continue;
      const at = end + 1 - beginning;
      for (const { name, bytes } of needles.get(word) ?? [])
        if (at >= 0 && text.subarray(at, at + bytes.length).equals(bytes)) found.add(name);
    }
    const words = text.toString('latin1');
    for (const [name, shape] of shapes) if (shape.test(words)) found.add(name);
    return [...found];
  };
}

const canaryFiles = /^canaries-.*\.jsonl$/;

/** What the tests of a run left in its folder: the secrets they planted, and the names of the logs. */
export function readPlanted(folder: string): {
  readonly canaries: readonly Canary[];
  readonly logs: readonly string[];
} {
  const names = readdirSync(folder);
  const lines = names
    .filter((name) => canaryFiles.test(name))
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').trim().split('\n'));
  const unique = new Map(lines.filter(Boolean).map((line) => [line, JSON.parse(line) as Canary]));
  return { canaries: [...unique.values()], logs: names.filter((name) => name.endsWith('.log')) };
}

/** The secrets that stand in the logs of a run, each named with its log; a run that should have been heard and was not is one, too. */
export function findLeaks(folder: string, mustBeHeard: boolean): readonly string[] {
  const { canaries, logs } = readPlanted(folder);
  const detect = createDetector(canaries);
  let bytes = 0;
  const found = logs.flatMap((log) => {
    const text = readFileSync(path.join(folder, log));
    bytes += text.length;
    return detect(text).map((name) => `${name} stands in ${log}`);
  });
  if (mustBeHeard && (canaries.length === 0 || bytes === 0))
    return [...found, 'no secret was planted, or no log was heard'];
  return found;
}
