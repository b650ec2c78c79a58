import type { DeliveryOutcome, ProviderEventStore } from '../ports/deliveries.ts';
import type { Logger } from '../ports.ts';

/** Counts may lag by this much, and a killed process loses as much of them. */
const flushEveryMs = 1_000;

interface Tally {
  readonly provider: string;
  readonly outcome: DeliveryOutcome;
  readonly reason: string;
  count: number;
}

/**
 * Counts deliveries in memory and writes the sums once a second, so that a flood of forgeries costs the database as much as a single one,
 * and a counter never stands between a stored delivery and its acknowledgement.
 */
export function createDeliveryTally(store: ProviderEventStore, logger: Logger) {
  let tallies = new Map<string, Tally>();
  let timer: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const due = [...tallies.values()];
    tallies = new Map();
    const written = await Promise.allSettled(
      due.map(({ provider, outcome, reason, count }) => store.count(provider, outcome, reason, count)),
    );
    for (const [index, result] of written.entries()) {
      const lost = due[index];
      // Whether an unanswered write happened is unknown; a count too low is better than one that grows by itself.
      if (result.status === 'rejected') logger.warn({ err: result.reason, ...lost }, 'deliveries were not counted');
    }
  }

  return {
    ...store,
    async count(provider: string, outcome: DeliveryOutcome, reason: string, count = 1) {
      const key = `${provider}:${outcome}:${reason}`;
      const tally = tallies.get(key) ?? { provider, outcome, reason, count: 0 };
      tally.count += count;
      tallies.set(key, tally);
      timer ??= setTimeout(flush, flushEveryMs);
      timer.unref();
    },
    async stats(provider: string) {
      await flush();
      return store.stats(provider);
    },
    flush,
  };
}
