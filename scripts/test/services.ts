import { startAnvil } from '../services/anvil.ts';
import { freePort } from '../services/freePort.ts';
import { startMongod } from '../services/mongod.ts';
import { startRedis } from '../services/redis.ts';

/** The services of one test run, as test/support/services.ts reads them. */
export interface TestServices {
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts a mongod with fail points, a Redis and a chain in the run's folder. */
export async function startTestServices(directory: string): Promise<TestServices> {
  const mongodPort = await freePort();
  const redisPort = await freePort();
  const chainPort = await freePort();
  const starting = [
    startMongod({ directory, port: mongodPort, testCommands: true }),
    startRedis({ directory, port: redisPort }),
    startAnvil({ directory, port: chainPort }),
  ] as const;
  const [mongod, redis, anvil] = await Promise.all(starting).catch(async (error: unknown) => {
    // What did start would keep this process from ending.
    for (const one of await Promise.allSettled(starting)) if (one.status === 'fulfilled') await one.value.stop();
    throw error;
  });
  return {
    env: {
      HOLDFAST_TEST_MONGODB_URI: mongod.url,
      HOLDFAST_TEST_REDIS_URL: redis.url,
      HOLDFAST_TEST_CHAIN_URL: anvil.url,
    },
    async stop() {
      await Promise.all([mongod.stop(), redis.stop(), anvil.stop()]);
    },
  };
}
