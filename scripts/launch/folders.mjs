// Where things lie: the checkout, its working folder, and the cache that all checkouts of a user share.

import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The checkout's own working folder: sandbox data, stamps, locks. */
export const workFolder = path.join(root, '.holdfast');

/**
 * The cache for fetched programs, `HOLDFAST_CACHE` or `~/.cache/holdfast`.
 * @param {Record<string, string | undefined>} [env]
 */
export function cacheFolder(env = process.env) {
  if (env.HOLDFAST_CACHE) return path.resolve(env.HOLDFAST_CACHE);
  return path.join(env.XDG_CACHE_HOME || path.join(env.HOME || homedir(), '.cache'), 'holdfast');
}

/**
 * Where a fetched program lies in the cache.
 * @param {string} program
 */
export function cachedProgram(program) {
  return path.join(cacheFolder(), 'bin', process.platform === 'win32' ? `${program}.exe` : program);
}
