import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { DueKind, Logger } from '../ports.ts';

/** What a nudge says: look at this due row, or (kind `relay`) let the relay look for undone transitions. */
export interface Nudge {
  readonly kind: DueKind | 'relay';
  readonly paymentId: string;
}

const queueName = 'nudges';
/** Kept jobs only serve a person who looks; the due rows in MongoDB are the memory of what is done. */
const retention = { removeOnComplete: { age: 3600, count: 1000 }, removeOnFail: { age: 86_400, count: 1000 } };
const nudgesAtOnce = 8;

/** Adds nudges; never throws and never waits for Redis: a lost nudge costs the time to the next poll, nothing else. */
export function createNudgeQueue(redisUrl: string, logger: Logger) {
  const connection = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 1, lazyConnect: true });
  connection.on('error', () => undefined);
  connection.connect().catch(() => logger.warn({}, 'Redis is away: work is found by polling until it is back'));
  const queue = new Queue<Nudge>(queueName, { connection, defaultJobOptions: retention });
  queue.on('error', () => undefined);
  return {
    nudge(nudge: Nudge, delayMs: number): void {
      if (connection.status !== 'ready') return;
      queue.add(nudge.kind, nudge, { delay: Math.max(0, delayMs) }).catch(() => undefined);
    },
    async close(): Promise<void> {
      await queue.close().catch(() => undefined);
      connection.disconnect();
    },
  };
}

/** Works nudges by calling `handle`; several processes share them. */
export function createNudgeWorker(redisUrl: string, handle: (nudge: Nudge) => Promise<void>) {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null, lazyConnect: true });
  connection.on('error', () => undefined);
  const worker = new Worker<Nudge>(queueName, (job) => handle(job.data), {
    connection,
    concurrency: nudgesAtOnce,
    autorun: true,
  });
  worker.on('error', () => undefined);
  return {
    async close(): Promise<void> {
      await worker.close(true).catch(() => undefined);
      connection.disconnect();
    },
  };
}
