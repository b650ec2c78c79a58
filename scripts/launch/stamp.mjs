// A stamp is a file that holds the fingerprint of what a result was made from; work is done again when it differs.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The fingerprint of files (folders are walked, missing ones count as absent) and of extra words such as a version.
 * @param {string} base the folder the names are relative to
 * @param {string[]} names
 * @param {string[]} [words]
 * @returns {string}
 */
export function fingerprint(base, names, words = []) {
  const hash = createHash('sha256');
  for (const word of words) hash.update(`word ${word}\n`);
  for (const name of names.flatMap((entry) => expand(base, entry)).sort()) {
    const content = readFileSync(path.join(base, name));
    hash.update(`file ${name} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/**
 * Whether the stamp holds exactly this fingerprint.
 * @param {string} stampFile
 * @param {string} expected
 */
export function isFresh(stampFile, expected) {
  try {
    return readFileSync(stampFile, 'utf8').trim() === expected;
  } catch {
    return false;
  }
}

/**
 * Records what a result was made from.
 * @param {string} stampFile
 * @param {string} value
 */
export function writeStamp(stampFile, value) {
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, `${value}\n`);
}

/**
 * @param {string} base
 * @param {string} name
 * @returns {string[]}
 */
function expand(base, name) {
  const full = path.join(base, name);
  if (!existsSync(full)) return [];
  let entries;
  try {
    entries = readdirSync(full, { withFileTypes: true });
  } catch {
    return [name];
  }
  return entries.flatMap((entry) => {
    const child = `${name}/${entry.name}`;
    return entry.isDirectory() ? expand(base, child) : [child];
  });
}
