import type { ReplayCache } from '../../ports/apiKeys.ts';
import { within } from '../../timers.ts';

/** Longer than a signature can be good: 300 s either way. */
const keptSeconds = 600;
/** A Redis that is slower than this is as good as away: calls wait for it. */
const answerWithinMs = 500;
/** Signatures remembered by this process alone. */
const ownMax = 50_000;

/** What this cache needs of a Redis client. */
export interface ReplayRedis {
  readonly status: string;
  set(key: string, value: string, ex: 'EX', seconds: number, nx: 'NX'): Promise<'OK' | null>;
}

/** Remembers signatures in Redis for all processes and in this one besides, so that Redis away still stops a replay to the same process. */
export function createReplayCache(redis: ReplayRedis | null, now: () => number): ReplayCache {
  const own = new Map<string, number>();

  function isNewHere(name: string): boolean {
    const at = now();
    const until = own.get(name);
    if (until !== undefined && until > at) return false;
    own.delete(name);
    own.set(name, at + keptSeconds * 1000);
    // A map keeps the order of insertion: the first are the oldest.
    for (const [oldest, end] of own) {
      if (own.size <= ownMax && end > at) break;
      own.delete(oldest);
    }
    return true;
  }

  return {
    async first(name) {
      if (!isNewHere(name)) return 'seen';
      // A client that is not connected would keep the command until it is.
      if (redis === null || redis.status !== 'ready') return 'unknown';
      try {
        const kept = await within(redis.set(`hf:replay:${name}`, '1', 'EX', keptSeconds, 'NX'), answerWithinMs);
        return kept === 'OK' ? 'first' : 'seen';
      } catch {
        return 'unknown';
      }
    },
  };
}
