import { createAdapter } from '@socket.io/redis-streams-adapter';
import { type Command, Redis, type RedisOptions } from 'ioredis';

/** How long an emit waits for Redis to take it before this process's own sockets get it without. */
const publishWithinMs = 500;
/** When the system begins to ask whether the other side of a quiet connection is still there. */
const keepAliveMs = 10_000;

/** A client for callers who do not look after their commands, as the adapter: a failure never becomes an unhandled rejection. */
class UnattendedRedis extends Redis {
  constructor(options: RedisOptions) {
    super({ ...options, lazyConnect: false, keepAlive: keepAliveMs });
    this.on('error', () => undefined);
  }

  override sendCommand(...parameters: [command: Command]): unknown {
    const answer = super.sendCommand(...parameters);
    if (answer instanceof Promise) answer.catch(() => undefined);
    return answer;
  }
}

/** Publishes at once or not at all; the adapter's own readers, which it makes by `duplicate`, wait for Redis instead. */
class Publisher extends UnattendedRedis {
  readonly #readers: Redis[] = [];
  readonly #origin: RedisOptions;

  constructor(origin: RedisOptions) {
    super({
      ...origin,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: publishWithinMs,
    });
    this.#origin = origin;
  }

  override duplicate(): Redis {
    const reader = new UnattendedRedis({
      ...this.#origin,
      // a reader that failed fast would be asked again at once, for ever, and starve this process
      enableOfflineQueue: true,
      autoResendUnfulfilledCommands: true,
      maxRetriesPerRequest: null,
    });
    this.#readers.push(reader);
    return reader;
  }

  /** Closes every connection; only after the adapter was closed, which stops its reading. */
  closeAll(): void {
    for (const client of [this, ...this.#readers]) client.disconnect();
  }
}

/** The Redis Streams adapter with clients of its own: it loses at most events while Redis is away, never a process. */
export function createStreams(redis: Redis) {
  const publisher = new Publisher(redis.options);
  return { adapter: createAdapter(publisher), close: () => publisher.closeAll() };
}
