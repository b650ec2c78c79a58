// The packages of the lockfile, installed once per lockfile, platform and Node line.

import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runFetch } from './child.mjs';
import { PartMissing, StepFailed } from './failure.mjs';
import { root, workFolder } from './folders.mjs';
import { withLock } from './lock.mjs';
import { parseVersion } from './nodeVersion.mjs';
import { npmCommand } from './npm.mjs';
import { countPackages, say } from './progress.mjs';
import { fingerprint, isFresh, writeStamp } from './stamp.mjs';

const modules = path.join(root, 'node_modules');
const stampFile = path.join(modules, '.holdfast-stamp');

/**
 * Runs `npm ci` under the given Node unless the installed packages are those of the lockfile.
 * @param {string} node
 * @param {string} nodeVersion
 */
export async function ensurePackages(node, nodeVersion) {
  const expected = wantedStamp(nodeVersion);
  if (isFresh(stampFile, expected)) return;
  await withLock(path.join(workFolder, 'install.lock'), async () => {
    if (isFresh(stampFile, expected)) return;
    refuseLinked(modules);
    await install(node);
    writeStamp(stampFile, expected);
  });
}

/**
 * What the installed packages are made from: the lockfile, the platform and the line of Node (native parts differ).
 * @param {string} nodeVersion
 */
export function wantedStamp(nodeVersion) {
  const words = [process.platform, process.arch, `node ${parseVersion(nodeVersion).major}`];
  return fingerprint(root, ['package-lock.json'], words);
}

/**
 * `npm ci` empties the folder first; through a link it would empty the one of another checkout.
 * @param {string} folder
 */
export function refuseLinked(folder) {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  throw new PartMissing(
    'the npm packages of this lockfile',
    [{ name: 'node_modules', reason: 'it is a link to another folder, which is not written to' }],
    ['remove the link (`rm node_modules`)', 'bring the folder it points to up to the same lockfile'],
  );
}

/** @param {string} node */
async function install(node) {
  const total = lockedPackages();
  const npm = npmCommand(node);
  say(`installing the ${total} packages of the lockfile (a few minutes the first time)`);
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}` };
  try {
    await runFetch({
      label: 'npm ci',
      command: npm.command,
      args: [...npm.args, 'ci', '--loglevel=error'],
      cwd: root,
      env,
      measure: () => {
        const count = countPackages(modules);
        return { progress: count, detail: `${Math.min(count, total)} of ${total} packages` };
      },
      quietLimitMs: 4 * 60_000,
    });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    throw new PartMissing(
      'the npm packages',
      [{ name: 'npm ci', reason: error.message }],
      [
        'let npm reach a package registry (proxy settings, `npm config get registry`)',
        'run `npm ci` by hand under Node 24 and read what it says',
      ],
    );
  }
}

/** Packages at the top level of node_modules according to the lockfile, without those of other platforms. */
function lockedPackages() {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const fits = (/** @type {string[] | undefined} */ list, /** @type {string} */ own) => !list || list.includes(own);
  return Object.entries(lock.packages).filter(
    ([name, entry]) =>
      /^node_modules\/(@[^/]+\/)?[^/]+$/.test(name) &&
      fits(entry.os, process.platform) &&
      fits(entry.cpu, process.arch),
  ).length;
}
