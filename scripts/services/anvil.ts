import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Service } from './mongod.ts';
import { orEarlyEnd, startProgram } from './program.ts';
import { anvilPath } from './programPath.ts';
import { rpc } from './rpc.ts';
import { waitUntil } from './waitUntil.ts';

/** How to run the local chain. */
export interface AnvilOptions {
  readonly directory: string;
  readonly port: number;
  /** Keeps the chain in this file between starts. */
  readonly stateFile?: string;
}

/** The chain id of development chains. */
export const LOCAL_CHAIN_ID = 31337;

const READY_LIMIT_MS = 60_000;
/** With anvil's own dump every second, a kill -9 at the worst moment undoes at most these two seconds and that one. */
const COPY_EVERY_MS = 2000;
/** A large state is copied less often, so that the copying stays below a twentieth of one core. */
const COPY_COST_FACTOR = 20;

/** Starts anvil with a block a second and a short way to finality, and waits until it answers. */
export async function startAnvil(options: AnvilOptions): Promise<Service> {
  const { directory, port, stateFile } = options;
  mkdirSync(directory, { recursive: true });
  if (stateFile) restoreState(stateFile);
  const program = await startProgram({
    name: 'anvil',
    command: anvilPath(),
    args: [
      ...['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(LOCAL_CHAIN_ID), '--quiet'],
      ...['--block-time', '1', '--slots-in-an-epoch', '2'],
      ...(stateFile ? ['--state', stateFile, '--state-interval', '1'] : []),
    ],
    directory,
    // anvil writes its last state on an interrupt
    stopSignal: 'SIGINT',
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    rpc(url, 'eth_chainId', []).then(
      () => true,
      () => false,
    );
  await orEarlyEnd(program, waitUntil(answers, READY_LIMIT_MS), 'ready');
  const stopCopying = stateFile ? copyRegularly(stateFile) : () => {};
  void program.ended.then(stopCopying);
  return {
    url,
    port,
    program,
    async stop() {
      stopCopying();
      await program.stop();
    },
  };
}

const copyOf = (stateFile: string) => `${stateFile}.copy`;

/** anvil writes its state in place, so a kill -9 can leave half a file; then the last whole copy takes its place. */
function restoreState(stateFile: string): void {
  mkdirSync(path.dirname(stateFile), { recursive: true });
  if (!existsSync(stateFile) || isWhole(stateFile)) return;
  renameSync(stateFile, `${stateFile}.broken`);
  if (existsSync(copyOf(stateFile))) renameSync(copyOf(stateFile), stateFile);
}

function isWhole(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, 'utf8'));
    return true;
  } catch {
    return false;
  }
}

function copyRegularly(stateFile: string): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let copiedAtMs = 0;
  const copy = () => {
    const startedAtMs = Date.now();
    if (existsSync(stateFile) && statSync(stateFile).mtimeMs !== copiedAtMs) {
      copiedAtMs = statSync(stateFile).mtimeMs;
      copyIfWhole(stateFile);
    }
    const costMs = Date.now() - startedAtMs;
    if (!stopped) timer = setTimeout(copy, Math.max(COPY_EVERY_MS, costMs * COPY_COST_FACTOR)).unref();
  };
  timer = setTimeout(copy, COPY_EVERY_MS).unref();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

function copyIfWhole(stateFile: string): void {
  const content = readFileSync(stateFile, 'utf8');
  try {
    JSON.parse(content);
  } catch {
    return; // caught in the middle of a write; the next round is two seconds away
  }
  writeFileSync(`${copyOf(stateFile)}.new`, content);
  renameSync(`${copyOf(stateFile)}.new`, copyOf(stateFile));
}
