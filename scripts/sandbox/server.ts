import { fileURLToPath } from 'node:url';
import { orEarlyEnd, type Program, startProgram } from '../services/program.ts';
import { waitUntil } from '../services/waitUntil.ts';
import { answersOk } from './simulator.ts';

/** One server process. */
export interface Server {
  readonly url: string;
  /** The process that runs now; another one after a restart. */
  process(): Program;
  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again at the same address with further settings (a value of undefined takes one away), and waits until it is ready. */
  restart(env?: Readonly<Record<string, string | undefined>>): Promise<void>;
  stop(): Promise<void>;
}

/** Where a server runs and with which settings. */
export interface ServerOptions {
  readonly name: string;
  readonly directory: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Restarts it whenever a source changes and shows its log. */
  readonly watch?: boolean;
  /** Answers before the server is ready, for a server that is meant to die on the way. */
  readonly dontWait?: boolean;
}

const INDEX = fileURLToPath(new URL('../../server/index.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_LIMIT_MS = 60_000;
/** As `npm start` starts the server in production: no text can reach the prototype of an object. */
const WITHOUT_PROTO = '--disable-proto=delete';

/** Starts a server process and waits until it says that it is ready. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const url = `http://127.0.0.1:${options.port}`;
  const start = async (env: ServerOptions['env']): Promise<Program> => {
    const program = await startProgram({
      name: options.name,
      command: process.execPath,
      args: [
        ...process.execArgv,
        WITHOUT_PROTO,
        ...(options.watch ? ['--watch', '--watch-preserve-output'] : []),
        INDEX,
      ],
      directory: options.directory,
      workingDirectory: ROOT,
      env: { ...env, PORT: String(options.port) },
      showOutput: options.watch === true,
    });
    if (!options.dontWait)
      await orEarlyEnd(
        program,
        waitUntil(() => answersOk(`${url}/readyz`), READY_LIMIT_MS),
        'ready',
      );
    return program;
  };
  let program = await start(options.env);
  return {
    url,
    process: () => program,
    kill: (signal) => program.kill(signal),
    async restart(env = {}) {
      await program.stop();
      program = await start({ ...options.env, ...env });
    },
    stop: () => program.stop(),
  };
}
