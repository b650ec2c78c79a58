// What the launcher says, always on standard error so that a command's own standard output stays clean.

import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const REPORT_EVERY_MS_WITHOUT_TERMINAL = 5000;

/**
 * Says one line to the person at the terminal.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`holdfast: ${line}\n`);
}

/**
 * A line that is rewritten in place on a terminal and repeated every few seconds elsewhere.
 * @param {string} label
 * @param {NodeJS.WriteStream} [stream]
 */
export function createMeter(label, stream = process.stderr) {
  const startedAtMs = Date.now();
  let lastReportMs = startedAtMs;
  /** @param {string} detail */
  const line = (detail) => {
    const seconds = Math.round((Date.now() - startedAtMs) / 1000);
    return `holdfast: ${label} … ${seconds} s${detail ? `, ${detail}` : ''}`;
  };
  return {
    /** @param {string} detail */
    report(detail) {
      if (stream.isTTY) {
        stream.write(`\r\x1b[2K${line(detail)}`);
      } else if (Date.now() - lastReportMs >= REPORT_EVERY_MS_WITHOUT_TERMINAL) {
        lastReportMs = Date.now();
        stream.write(`${line(detail)}\n`);
      }
    },
    /** @param {string} detail */
    finish(detail) {
      stream.write(`${stream.isTTY ? '\r\x1b[2K' : ''}${line(detail)}\n`);
    },
  };
}

/**
 * Bytes in a folder that is being filled; files that vanish while being counted count as nothing.
 * @param {string} directory
 * @returns {number}
 */
export function folderBytes(directory) {
  let total = 0;
  for (const entry of listEntries(directory)) {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) {
      total += folderBytes(full);
    } else if (entry.isFile()) {
      total += fileBytes(full);
    }
  }
  return total;
}

/**
 * The number of packages unpacked in a node_modules folder, scopes opened, nested ones not counted. npm makes all folders
 * first and fills them later, so a package counts once its manifest is there.
 * @param {string} directory
 * @returns {number}
 */
export function countPackages(directory) {
  let total = 0;
  for (const entry of listEntries(directory)) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const full = path.join(directory, entry.name);
    if (entry.name.startsWith('@')) total += countPackages(full);
    else if (existsSync(path.join(full, 'package.json'))) total += 1;
  }
  return total;
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}

/** @param {string} directory */
function listEntries(directory) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** @param {string} file */
function fileBytes(file) {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
