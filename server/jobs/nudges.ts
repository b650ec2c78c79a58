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
/** Nudges on their way to a Redis that does not answer; what is more is found by polling. */
const mostUnanswered = 1_000;
/** An orderly stop has 10 s in all (fault F16); what a nudge leaves undone is found by polling. */
const finishWithinMs = 2_500;
/** What a Redis that is there takes milliseconds for. */
const answerWithinMs = 300;
const giveBackWithinMs = 1_000;

/** Connects at once and for ever: BullMQ gives up for good when its very first connection fails. */
function connect(redisUrl: string): Redis {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  connection.on('error', () => undefined);
  return connection;
}

/** Adds nudges; never throws and never waits for Redis: a lost nudge costs the time to the next poll, nothing else. */
export function createNudgeQueue(redisUrl: string, logger: Logger) {
  const connection = connect(redisUrl);
  connection.once('error', () => logger.warn({}, 'Redis is away: work is found by polling until it is back'));
  const queue = new Queue<Nudge>(queueName, { connection, defaultJobOptions: retention });
  queue.on('error', () => undefined);
  let unanswered = 0;
  return {
    nudge(nudge: Nudge, delayMs: number): void {
      if (connection.status !== 'ready' || unanswered >= mostUnanswered) return;
      unanswered += 1;
      queue
        .add(nudge.kind, nudge, { delay: Math.max(0, Math.ceil(delayMs)) })
        .catch(() => undefined)
        .finally(() => {
          unanswered -= 1;
        });
    },
    async close(): Promise<void> {
      // the connection first: closing the queue waits for an answer that a silent Redis never gives
      connection.disconnect();
      await queue.close().catch(() => undefined);
    },
  };
}

async function atMost(work: Promise<unknown>, limitMs: number): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const limit = setTimeout(resolve, limitMs);
  await Promise.race([work, over]);
  clearTimeout(limit);
}

async function answers(connection: Redis): Promise<boolean> {
  if (connection.status !== 'ready') return false;
  let answered = false;
  const pinged = connection.ping().then(
    () => {
      answered = true;
    },
    () => undefined,
  );
  await atMost(pinged, answerWithinMs);
  return answered;
}

/** Works nudges by calling `handle`; several processes share them. */
export function createNudgeWorker(redisUrl: string, handle: (nudge: Nudge) => Promise<void>) {
  const connection = connect(redisUrl);
  const running = new Set<Promise<void>>();
  const { promise: closing, resolve: letGo } = Promise.withResolvers<void>();
  const work = async (nudge: Nudge): Promise<void> => {
    const turn = handle(nudge).finally(() => running.delete(turn));
    running.add(turn);
    // whoever closes gives every job back as done at once: its due row is the memory of what is not
    await Promise.race([turn, closing]);
  };
  const worker = new Worker<Nudge>(queueName, (job) => work(job.data), { connection, concurrency: nudgesAtOnce });
  worker.on('error', () => undefined);
  return {
    async close(): Promise<void> {
      letGo();
      // in order only while Redis answers, since BullMQ waits for it without end: a job that is not given back is taken over half a minute later
      const ended = worker.close(!(await answers(connection))).catch(() => undefined);
      await atMost(ended, giveBackWithinMs);
      connection.disconnect();
      await atMost(Promise.allSettled([ended, ...running]), finishWithinMs);
    },
  };
}
