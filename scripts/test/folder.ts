import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { recordedProcesses, recordProcess, runningProcess, stopOrphan } from '../services/pidFile.ts';

const PREFIX = 'holdfast-test-';
const OWNER = 'owner';
/** Where Linux keeps files in memory. */
const MEMORY = '/dev/shm';
/** A run has up to five databases at once, each with half a gigabyte of journals and logs; as much again is left to the programs. */
const ROOM_BYTES = 6 * 2 ** 30;

/**
 * Where the databases of a run lie: in memory where there is plenty, for an acknowledged write waits for its journal. What a killed process wrote
 * is kept by either; a machine that loses its power is no test's subject.
 */
export function databaseFolder(memory = MEMORY): string {
  try {
    accessSync(memory, constants.W_OK);
    const { bavail, bsize } = statfsSync(memory);
    const isRoomy = Math.min(bavail * bsize, process.availableMemory()) >= ROOM_BYTES;
    return isRoomy ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** A temporary folder for one run, marked with the process it belongs to. */
export function makeTestFolder(): string {
  const directory = mkdtempSync(path.join(databaseFolder(), PREFIX));
  recordProcess(directory, OWNER, process.pid);
  return directory;
}

/** Ends what runs that were killed left behind: their services, then their folders. Runs that still go on stay untouched. */
export async function removeOldTestFolders(): Promise<void> {
  const places = [...new Set([tmpdir(), MEMORY])].filter((place) => existsSync(place));
  const found = places.flatMap((place) => readdirSync(place).map((name) => path.join(place, name)));
  for (const directory of found.filter((entry) => path.basename(entry).startsWith(PREFIX))) {
    const wasMarked = recordedProcesses(directory).includes(OWNER);
    if (!wasMarked || runningProcess(directory, OWNER) !== undefined) continue;
    const runFolder = path.join(directory, 'run');
    for (const program of recordedProcesses(runFolder)) await stopOrphan(runFolder, program);
    rmSync(directory, { recursive: true, force: true });
  }
}
