import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The server under test has a core to itself; what loads it, and the database, share the other. */
export const cores = { server: 0, others: 1 } as const;

/** A thread may end while its process is being moved, which counts as a failure. */
const tries = 5;
const mayPin = process.platform === 'linux' && availableParallelism() >= 2;

/** Moves a running process with all its threads to one core; false where that cannot be done. */
export function pin(pid: number, core: number): boolean {
  const move = () => spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' });
  return mayPin && Array.from({ length: tries }).some(() => move().status === 0);
}
