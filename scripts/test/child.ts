import { spawn } from 'node:child_process';

/** A node process of a run, and when it may write. */
export interface Child {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What it prints is kept until this resolves, then passes as it comes. */
  readonly turn: Promise<void>;
}

/** Runs node to its end and answers its exit code, or the signal that ended it. */
export async function runChild({ args, env, turn }: Child): Promise<string> {
  const child = spawn(process.execPath, args, {
    stdio: ['inherit', 'pipe', 'pipe'],
    env: { ...env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? String(code)));
  });
  const kept: Buffer[] = [];
  let show = (chunk: Buffer) => void kept.push(chunk);
  child.stdout.on('data', (chunk) => show(chunk));
  child.stderr.on('data', (chunk) => show(chunk));
  turn.then(() => {
    process.stdout.write(Buffer.concat(kept));
    show = (chunk) => void process.stdout.write(chunk);
  });
  return ended;
}
