import { setTimeout as pause } from 'node:timers/promises';
import type { LoadResult } from './closedLoad.ts';
import { type HttpConnection, openConnection } from './connection.ts';

/** An open model: requests start at fixed times, whether or not earlier ones were answered. */
export interface OpenLoad {
  readonly port: number;
  /** As many may be under way; a request that finds none free waits, and its waiting counts. */
  readonly connections: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly next: () => Buffer | null;
}

/** How often the generator looks whether a request is due. */
const lookMs = 1;

/** Sends at a fixed rate; latencies count from the time a request was meant to start, so that a stall of the server is not forgotten. */
export async function openLoad({ port, connections, perSecond, seconds, next }: OpenLoad): Promise<LoadResult> {
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(port)));
  const free = [...open];
  const waiting: { bytes: Buffer; dueMs: number }[] = [];
  const running = new Set<Promise<void>>();
  const latenciesMs: number[] = [];
  let failures = 0;
  let firstFailure: string | null = null;

  async function send(connection: HttpConnection, bytes: Buffer, dueMs: number): Promise<void> {
    const status = await connection.request(bytes);
    if (status >= 200 && status < 300) latenciesMs.push(performance.now() - dueMs);
    else {
      failures += 1;
      firstFailure ??= connection.lastReply();
    }
    free.push(connection);
    startWaiting();
  }

  function startWaiting(): void {
    for (let connection = free.pop(); connection !== undefined; connection = free.pop()) {
      const request = waiting.shift();
      if (request === undefined) return void free.push(connection);
      const sent = send(connection, request.bytes, request.dueMs).finally(() => running.delete(sent));
      running.add(sent);
    }
  }

  const startMs = performance.now();
  const wanted = Math.floor(perSecond * seconds);
  for (let n = 0; n < wanted; ) {
    const dueMs = startMs + (n / perSecond) * 1000;
    if (dueMs > performance.now()) {
      await pause(lookMs);
      continue;
    }
    const bytes = next();
    if (bytes === null) break;
    n += 1;
    waiting.push({ bytes, dueMs });
    startWaiting();
  }
  while (running.size > 0) await Promise.all(running);
  const elapsed = (performance.now() - startMs) / 1000;
  for (const connection of open) connection.close();
  return { operations: latenciesMs.length, failures, firstFailure, seconds: elapsed, latenciesMs };
}
