import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import type { Service } from './mongod.ts';
import { orEarlyEnd, startProgram } from './program.ts';
import { programPath } from './programPath.ts';
import { waitUntil } from './waitUntil.ts';

const READY_LIMIT_MS = 30_000;
const ANSWER_LIMIT_MS = 1000;

/** Starts a Redis that keeps its data in an append-only file, as queues need it, and waits until it answers. */
export async function startRedis(options: { readonly directory: string; readonly port: number }): Promise<Service> {
  const { directory, port } = options;
  const data = path.join(directory, 'redis');
  mkdirSync(data, { recursive: true });
  const program = await startProgram({
    name: 'redis',
    command: programPath('redis-server'),
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', data, '--daemonize', 'no', '--save', ''],
      // BullMQ asks for a Redis that never drops keys
      ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'],
    ],
    directory,
  });
  await orEarlyEnd(
    program,
    waitUntil(() => answersPing(port), READY_LIMIT_MS),
    'ready',
  );
  return { url: `redis://127.0.0.1:${port}`, port, program, stop: () => program.stop() };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_LIMIT_MS, () => end(false));
    socket.once('error', () => end(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
  });
}
