import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { createLogger } from '../../server/logger.ts';
import { createBroadcast } from '../../server/realtime/broadcast.ts';
import { createSocketServer } from '../../server/realtime/socketServer.ts';
import { createTokens } from '../../server/tokens.ts';
import { answerParent } from '../answers.ts';
import { buildPayments } from '../population.ts';
import { secrets } from '../settings.ts';
import { listen } from './listen.ts';

/** Our sockets with their rooms and tokens; what is broadcast is a payment's completion, which everybody may hear of. */
const redisUrl = process.env.REDIS_URL ?? '';
const redis = redisUrl === '' ? null : new Redis(redisUrl, { maxRetriesPerRequest: null });
const http = createServer();
const sockets = createSocketServer(http, {
  verify: createTokens({ secret: secrets.jwt, publicKey: '', issuer: 'holdfast', audience: 'holdfast' }).verify,
  demandOpenSession: async () => undefined,
  marketplace: { request: async () => null, hasOffer: async () => false },
  allowedOrigins: [],
  redis,
  logger: createLogger('warn'),
  now: Date.now,
});
const { publish } = createBroadcast(sockets.emitter);
const { logs } = await buildPayments({ count: 1, transitions: 4 });
const event = { name: 'payment.updated', type: 'payment_completed' } as const;

async function tell(input: unknown): Promise<void> {
  const { times } = z.object({ times: z.int() }).parse(input);
  const completed = logs[0]?.at(-1);
  if (completed === undefined) throw new Error('there is no payment to tell of');
  for (let n = 0; n < times; n += 1) await publish(`${completed.id}-${n}`, completed, event);
}

const port = await listen(http);
answerParent({ port: () => port, tell }, async () => {
  await sockets.close();
  redis?.disconnect();
});
