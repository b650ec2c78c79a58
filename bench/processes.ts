import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer } from './answers.ts';
import { cores, pin } from './cores.ts';

/** A server process of the bench, on the core of servers. */
export interface BenchProcess {
  readonly pid: number;
  readonly pinned: boolean;
  /** The answer as the process's own handler gives it; the caller names its type. */
  ask<T>(name: string, input?: unknown): Promise<T>;
  /** User and system time so far, in microseconds. */
  cpuMicros(): Promise<number>;
  stop(): Promise<void>;
}

/** What a process is started with. */
export interface ProcessOptions {
  /** Below `bench/`. */
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly core?: number;
  /** Where a CPU profile of the whole life is written. */
  readonly profileTo?: string | undefined;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

const longestStopMs = 15_000;

/** Starts a process of the bench and waits until it can be asked. */
export async function startProcess({ script, env, core = cores.server, profileTo }: ProcessOptions) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const profiling = profileTo === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileTo];
  const child = fork(path, [], {
    env: { ...process.env, ...env },
    execArgv: ['--disable-warning=ExperimentalWarning', ...profiling],
    // stdout belongs to the result
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const waiting = new Map<number, Waiting>();
  const ready = Promise.withResolvers<unknown>();
  waiting.set(0, ready);
  listen(child, waiting, script);
  await ready.promise;
  return handle(child, waiting, pin(child.pid ?? 0, core));
}

function listen(child: ChildProcess, waiting: Map<number, Waiting>, script: string): void {
  child.on('message', (message: Answer) => {
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if ('failure' in message) asked?.reject(new Error(`${script}: ${message.failure}`));
    else asked?.resolve(message.answer);
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${script} ended with ${signal ?? code}`));
    waiting.clear();
  });
}

function handle(child: ChildProcess, waiting: Map<number, Waiting>, pinned: boolean): BenchProcess {
  let last = 0;
  const ask = <T>(name: string, input?: unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve: (answer) => resolve(answer as T), reject });
      child.send({ id: last, name, input });
    });
  return {
    pid: child.pid ?? 0,
    pinned,
    ask,
    async cpuMicros() {
      const { user, system } = await ask<NodeJS.CpuUsage>('cpu');
      return user + system;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.send({ id: -1, name: 'stop', input: null });
      const insist = setTimeout(() => child.kill('SIGKILL'), longestStopMs);
      await ended;
      clearTimeout(insist);
    },
  };
}
