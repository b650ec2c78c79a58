import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { recordedProcesses, recordProcess, runningProcess, stopOrphan } from '../services/pidFile.ts';

const PREFIX = 'holdfast-test-';
const OWNER = 'owner';

/** A temporary folder for one run, marked with the process it belongs to. */
export function makeTestFolder(): string {
  const directory = mkdtempSync(path.join(tmpdir(), PREFIX));
  recordProcess(directory, OWNER, process.pid);
  return directory;
}

/** Ends what runs that were killed left behind: their services, then their folders. Runs that still go on stay untouched. */
export async function removeOldTestFolders(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const directory = path.join(tmpdir(), name);
    const wasMarked = recordedProcesses(directory).includes(OWNER);
    if (!wasMarked || runningProcess(directory, OWNER) !== undefined) continue;
    const runFolder = path.join(directory, 'run');
    for (const program of recordedProcesses(runFolder)) await stopOrphan(runFolder, program);
    rmSync(directory, { recursive: true, force: true });
  }
}
