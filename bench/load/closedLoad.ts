import { openConnection } from './connection.ts';

/** What a stretch of load came to. */
export interface LoadResult {
  /** Answered with 2xx. */
  readonly operations: number;
  readonly failures: number;
  readonly firstFailure: string | null;
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
}

/** A closed model: every connection sends its next request when the last one is answered. */
export interface ClosedLoad {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** The next request; null when there are no more, which ends the stretch early. */
  readonly next: () => Buffer | null;
}

/** Sends for so many seconds, or until there is nothing left to send. */
export async function closedLoad({ port, connections, seconds, next }: ClosedLoad): Promise<LoadResult> {
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(port)));
  const latenciesMs: number[] = [];
  let failures = 0;
  let firstFailure: string | null = null;
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  await Promise.all(
    open.map(async (connection) => {
      for (let sentMs = startMs; sentMs < endMs; ) {
        const bytes = next();
        if (bytes === null) return;
        const status = await connection.request(bytes);
        const nowMs = performance.now();
        if (status >= 200 && status < 300) latenciesMs.push(nowMs - sentMs);
        else {
          failures += 1;
          firstFailure ??= connection.lastReply();
        }
        sentMs = nowMs;
      }
    }),
  );
  const elapsed = (performance.now() - startMs) / 1000;
  for (const connection of open) connection.close();
  return { operations: latenciesMs.length, failures, firstFailure, seconds: elapsed, latenciesMs };
}
