import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Instrumenter, type Point } from './instrument.ts';
import { PROBE_FILE, PROBE_SOURCE } from './probe.ts';

/** What the tests of the contracts read. */
const COPIED = [
  'hardhat.config.ts',
  'package.json',
  'tsconfig.json',
  '.mocharc.json',
  'scripts',
  'test',
  'docs/contract',
];
/** Contracts that only tests use. */
const MOCKS = 'mocks';

/** Copies the project into a folder below it, its contracts with probes; answers what there is to reach. */
export function makeWorkCopy(root: string, folder: string): Point[] {
  // What was compiled last time stays, for the compiler to use again.
  for (const name of readdirSync(folder)) {
    if (!['artifacts', 'cache'].includes(name)) rmSync(path.join(folder, name), { recursive: true });
  }
  for (const name of COPIED) cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  return instrumentAll(path.join(root, 'contracts'), path.join(folder, 'contracts'));
}

function instrumentAll(from: string, to: string): Point[] {
  const points: Point[] = [];
  let next = 1;
  for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!name.endsWith('.sol')) continue;
    const text = readFileSync(path.join(from, name), 'utf8');
    const target = path.join(to, name);
    mkdirSync(path.dirname(target), { recursive: true });
    if (name.startsWith(MOCKS)) {
      writeFileSync(target, text);
      continue;
    }
    const source = new Instrumenter(name, text, next);
    const up = name.includes(path.sep) ? '../' : './';
    writeFileSync(target, source.run(`import {__hit, __cond} from "${up}${PROBE_FILE}";`));
    points.push(...source.points);
    next = source.nextProbe;
  }
  writeFileSync(path.join(to, PROBE_FILE), PROBE_SOURCE);
  return points;
}
