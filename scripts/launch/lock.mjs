// One launcher at a time installs, fetches or compiles; the others wait for it and then find the work done.

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { say } from './progress.mjs';

/** Longer than the slowest fetch may take (15 minutes), so that a waiting launcher never gives up on a working one. */
const WAIT_LIMIT_MS = 20 * 60_000;
const POLL_MS = 300;
/** A lock without an owner's number this long after its making was left by a launcher that died in between. */
const NAMELESS_LIMIT_MS = 10_000;

/**
 * Runs the work while holding the lock folder; a lock whose owner died is taken over.
 * @template T
 * @param {string} lockFolder
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(lockFolder, work) {
  const owner = path.join(lockFolder, 'pid');
  const deadlineMs = Date.now() + WAIT_LIMIT_MS;
  let told = false;
  while (!tryTake(lockFolder, owner)) {
    const pid = readOwner(owner);
    if (pid === undefined ? ageMs(lockFolder) > NAMELESS_LIMIT_MS : !isAlive(pid)) {
      rmSync(lockFolder, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > deadlineMs)
      throw new Error(`${lockFolder} is still held by process ${pid}; remove it if it is stale`);
    if (!told && pid !== undefined) say(`waiting for another launcher (process ${pid})`);
    told ||= pid !== undefined;
    await pause(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(lockFolder, { recursive: true, force: true });
  }
}

/**
 * @param {string} lockFolder
 * @param {string} owner
 */
function tryTake(lockFolder, owner) {
  try {
    mkdirSync(path.dirname(lockFolder), { recursive: true });
    mkdirSync(lockFolder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(owner, String(process.pid));
  return true;
}

/** @param {string} owner */
function readOwner(owner) {
  try {
    const pid = Number(readFileSync(owner, 'utf8'));
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} folder */
function ageMs(folder) {
  try {
    return Date.now() - statSync(folder).mtimeMs;
  } catch {
    return 0;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
