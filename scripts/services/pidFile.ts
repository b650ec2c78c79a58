import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { processIdentity } from './identity.ts';
import { waitUntil } from './waitUntil.ts';

interface Recorded {
  readonly pid: number;
  readonly identity: string;
}

const STOP_LIMIT_MS = 10_000;

/** Remembers a process that belongs to this folder, so that a later start can recognise it. */
export function recordProcess(directory: string, name: string, pid: number): void {
  const identity = processIdentity(pid);
  if (identity === undefined) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(pidFile(directory, name), JSON.stringify({ pid, identity }));
}

/** Forgets a process that has ended. */
export function forgetProcess(directory: string, name: string): void {
  rmSync(pidFile(directory, name), { force: true });
}

/** The number of the recorded process when it, and not another one under its number, still runs. */
export function runningProcess(directory: string, name: string): number | undefined {
  const recorded = readRecord(pidFile(directory, name));
  if (!recorded || processIdentity(recorded.pid) !== recorded.identity) return undefined;
  return recorded.pid;
}

/** Stops a process left over from a launcher that was killed; answers whether there was one. */
export async function stopOrphan(directory: string, name: string): Promise<boolean> {
  const pid = runningProcess(directory, name);
  if (pid !== undefined) await endProcess(pid);
  forgetProcess(directory, name);
  return pid !== undefined;
}

/** Names of all processes recorded in the folder. */
export function recordedProcesses(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((file) => (file.endsWith('.pid') ? [file.slice(0, -'.pid'.length)] : []));
}

async function endProcess(pid: number): Promise<void> {
  const identity = processIdentity(pid);
  const isGone = () => processIdentity(pid) !== identity;
  send(pid, 'SIGTERM');
  const inTime = await waitUntil(isGone, STOP_LIMIT_MS);
  if (inTime) return;
  send(pid, 'SIGKILL');
  await waitUntil(isGone, STOP_LIMIT_MS);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended by itself in between
  }
}

function pidFile(directory: string, name: string): string {
  return path.join(directory, `${name}.pid`);
}

function readRecord(file: string): Recorded | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('identity' in value)) return undefined;
    const { pid, identity } = value;
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : undefined;
  } catch {
    return undefined;
  }
}
