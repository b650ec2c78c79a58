import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { forgetProcess, recordProcess, stopOrphan } from './pidFile.ts';

/** A program to run in the background for a folder. */
export interface ProgramOptions {
  /** Names the pid file and the log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Where pid file (`run/`) and log (`log/`) are kept. */
  readonly directory: string;
  readonly workingDirectory?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Shows the program's output instead of keeping it in the log file. */
  readonly showOutput?: boolean;
  /** The signal that asks it to stop cleanly. */
  readonly stopSignal?: NodeJS.Signals;
}

/** A running program. */
export interface Program {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when it has ended, with the code or signal in words. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Asks it to stop, insists after a while, and waits for the end. */
  stop(): Promise<void>;
  /** The last lines of its log. */
  lastLines(count?: number): string;
}

const STOP_LIMIT_MS = 15_000;
const running = new Set<number>();

// Whatever way this process ends, short of being killed outright, it leaves none of its programs behind.
process.on('exit', () => {
  for (const pid of running) signalIfThere(pid, 'SIGKILL');
});

/** Starts a program, after stopping the one a killed launcher may have left in the same folder. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { name, command, args, directory, stopSignal = 'SIGTERM' } = options;
  const runFolder = path.join(directory, 'run');
  const logFile = path.join(directory, 'log', `${name}.log`);
  await stopOrphan(runFolder, name);
  mkdirSync(path.dirname(logFile), { recursive: true });
  const log = options.showOutput ? undefined : openSync(logFile, 'a');
  const child = spawn(command, args, {
    cwd: options.workingDirectory,
    env: { ...(options.env ?? process.env) },
    stdio: log === undefined ? ['ignore', 'inherit', 'inherit'] : ['ignore', log, log],
    // its own process group: the terminal's Ctrl-C reaches only the launcher, which then stops the parts in order
    detached: true,
  });
  if (log !== undefined) closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${name} does not start: ${await ended}`);
  running.add(pid);
  recordProcess(runFolder, name, pid);
  let isRunning = true;
  void ended.then(() => {
    isRunning = false;
    running.delete(pid);
    forgetProcess(runFolder, name);
  });
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (isRunning) signalIfThere(pid, signal);
    await ended;
  };
  return {
    name,
    pid,
    logFile,
    ended,
    isRunning: () => isRunning,
    kill,
    async stop() {
      const insist = setTimeout(() => signalIfThere(pid, 'SIGKILL'), STOP_LIMIT_MS);
      await kill(stopSignal);
      clearTimeout(insist);
    },
    lastLines: (count = 20) => tail(logFile, count),
  };
}

/** Throws when the program ended before the condition came true. */
export async function orEarlyEnd(program: Program, becomesTrue: Promise<boolean>, what: string): Promise<void> {
  const result = await Promise.race([becomesTrue, program.ended]);
  if (result === true) return;
  const reason = typeof result === 'string' ? `ended with ${result}` : `is not ${what} in time`;
  throw new Error(`${program.name} ${reason}; the end of ${program.logFile}:\n${program.lastLines()}`);
}

function tail(file: string, count: number): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no log)';
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended by itself in between
  }
}
