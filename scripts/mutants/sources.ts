import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { MutantGenerator, namesInAssembly } from './generate.ts';
import type { Mutant } from './mutant.ts';

const CONTRACTS = 'contracts';
const TESTS = 'test/contracts';
/** Contracts that only tests use. */
const MOCKS = 'mocks';
const INTERFACES = 'interfaces';

/** Texts by file name, as the compiler wants them. */
export type Sources = Readonly<Record<string, string>>;

/** The product's sources, interfaces among them, by their path below the folder of the contracts. */
export function readSources(root: string): Sources {
  return readTexts(path.join(root, CONTRACTS), (name) => name.endsWith('.sol') && !name.startsWith(MOCKS));
}

/** The tests of the contracts that mocha runs, and what they stand on. */
export function readTests(root: string): Sources {
  return readTexts(path.join(root, TESTS), (name) => /\.(ts|json)$/.test(name) && !name.includes('mutants'));
}

/** All mutants of all sources. */
export function mutantsOf(sources: Sources): Mutant[] {
  const own = Object.entries(sources).filter(([file]) => !file.startsWith(INTERFACES));
  const plain = new Set(own.flatMap(([file, text]) => namesInAssembly(file, text)));
  return own.flatMap(([file, text]) => new MutantGenerator(file, text, plain).run());
}

/** Says whether texts are the same as at another time. */
export function hashOf(texts: Sources): string {
  return createHash('sha256')
    .update(JSON.stringify(Object.entries(texts)))
    .digest('hex')
    .slice(0, 16);
}

function readTexts(folder: string, wanted: (name: string) => boolean): Sources {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(wanted).sort();
  return Object.fromEntries(
    names.map((name) => [name.replaceAll('\\', '/'), readFileSync(path.join(folder, name), 'utf8')]),
  );
}
