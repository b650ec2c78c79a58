import { type ClientRateLimitInfo, MemoryStore, type Options, type Store } from 'express-rate-limit';
import { type RedisReply, RedisStore } from 'rate-limit-redis';
import type { Clock, Logger } from '../../ports.ts';
import { within } from '../../timers.ts';

/** Every limited call waits for the count; a Redis slower than this is as good as away. */
const answerWithinMs = 250;
/** So long a Redis that failed is left alone, so that not every call waits for it. */
const pauseMs = 5_000;

/** What the counts need of a Redis client. */
export interface LimitRedis {
  readonly status: string;
  call(command: string, ...args: string[]): Promise<unknown>;
}

/**
 * Counts in Redis for all processes together; while Redis is away this process counts for itself, so that no budget is ever without a bound.
 * `name` keeps the counts of the budgets apart.
 */
export function createSharedStore(
  name: string,
  deps: { redis: LimitRedis | null; clock: Clock; logger: Logger },
): Store & Required<Pick<Store, 'init' | 'shutdown'>> {
  const { redis, clock, logger } = deps;
  const own = new MemoryStore();
  let options: Options | undefined;
  let shared: Promise<RedisStore> | null = null;
  let awayUntilMs = Number.NEGATIVE_INFINITY;

  async function connect(client: LimitRedis, wanted: Options): Promise<RedisStore> {
    const sendCommand = async (command: string, ...args: string[]) =>
      (await client.call(command, ...args)) as RedisReply;
    const store = new RedisStore({ prefix: `hf:limit:${name}:`, sendCommand });
    await store.init(wanted);
    return store;
  }

  /** The store of all processes; its scripts are loaded when Redis is first there, not when this process begins. */
  async function overRedis<T>(work: (store: RedisStore) => Promise<T>): Promise<T | null> {
    if (redis === null || options === undefined || redis.status !== 'ready' || clock.now() < awayUntilMs) return null;
    try {
      shared ??= connect(redis, options);
      const store = shared;
      return await within(store.then(work), answerWithinMs);
    } catch (error) {
      shared = null;
      awayUntilMs = clock.now() + pauseMs;
      logger.warn({ err: error, budget: name }, 'budgets are counted by this process alone');
      return null;
    }
  }

  return {
    localKeys: false,
    init(given) {
      options = given;
      own.init(given);
    },
    async increment(key): Promise<ClientRateLimitInfo> {
      return (await overRedis((store) => store.increment(key))) ?? own.increment(key);
    },
    async decrement(key) {
      const done = await overRedis(async (store) => {
        await store.decrement(key);
        return true;
      });
      if (done === null) await own.decrement(key);
    },
    async resetKey(key) {
      await overRedis((store) => store.resetKey(key));
      await own.resetKey(key);
    },
    shutdown: () => own.shutdown(),
  };
}
