import { BoundedMap } from '../boundedMap.ts';
import type { Signal } from '../domain/signal.ts';
import { AppError, NewerVersionError } from '../errors.ts';
import type { CrashPoint, Logger, Observation, PaymentCoordinator } from '../ports.ts';
import type { ChainFact } from './chainFacts.ts';

export interface TellingSources {
  readonly coordinator: PaymentCoordinator;
  readonly logger: Logger;
  readonly crash: CrashPoint;
}

/** Tells facts to their logs, in order within a log. */
export interface Telling {
  tell(facts: readonly ChainFact[], finalized: number): Promise<Told>;
  /** Does work that ends in telling; what it throws counts like a fact of this name that could not be told. */
  attempt(name: string, fields: object, work: () => Promise<Told>): Promise<Told>;
  /** Tells what must not wait and is never left out, and forgets what this log was told before; false when only a newer version can. */
  tellNow(logId: string, signal: Signal): Promise<boolean>;
  forget(): void;
}

/** `failed` counts logs where something unforeseen happened and may pass: the cursor must not pass their facts yet. */
export interface Told {
  readonly told: number;
  readonly parked: number;
  readonly failed: number;
}

const actor = 'chainMonitor';
// Logs told at the same time. The coordinator appends one transition at a time, so more would only queue up in the connections' pool.
const logsAtOnce = 16;
// What is told above finality is told once a process; beyond this many logs the oldest are forgotten.
const rememberedLogs = 50_000;

// Failures of one fact after which nothing suggests that it will ever be told: a person reads the alarm, the chain goes on.
const mostFailures = 5;

const accepted: readonly Observation['outcome'][] = ['changed', 'noChange', 'duplicate'];

/** Creates the monitor's mouth; it remembers what it said, so that unfinalized blocks are not told again at every look. */
export function createTelling({ coordinator, logger, crash }: TellingSources): Telling {
  const memory = new BoundedMap<string, Set<string>>(rememberedLogs);
  const failures = new BoundedMap<string, number>(rememberedLogs);

  /** Counts and reports a failure of a fact; true when that was the last one. */
  function gaveUp(name: string, fields: object): boolean {
    const count = (failures.get(name) ?? 0) + 1;
    failures.set(name, count);
    const last = count >= mostFailures;
    const alarm = { category: 'alarm', ...fields };
    logger.error(alarm, last ? 'a fact of the chain is left to a person' : 'a fact of the chain could not be told');
    return last;
  }

  /** True when the log took the fact, false when it refused it: then repeating does not help, and a person reads the log. */
  async function observe(logId: string, signal: Signal): Promise<boolean> {
    const observation = await coordinator.observe(logId, signal, { actor });
    crash('monitor:afterObserve');
    if (accepted.includes(observation.outcome)) return true;
    const { outcome } = observation;
    const reason = 'claim' in observation ? observation.claim : 'code' in observation ? observation.code : outcome;
    const fields = { paymentId: logId, signal: signal.kind, outcome, reason };
    const alarm = { category: 'alarm', ...fields };
    if (reason === 'limit_reached') logger.error(alarm, 'a fact of the chain is left to a person');
    else if (outcome === 'conflict') logger.error(fields, 'a fact of the chain was claimed by another payment');
    else logger.warn(fields, 'a fact of the chain was refused');
    return false;
  }

  async function tellLog(facts: readonly ChainFact[], finalized: number): Promise<Told> {
    const counts = { told: 0, parked: 0, failed: 0 };
    for (const { logId, signal, key, blockHash, blockNumber } of facts) {
      const known = memory.get(logId) ?? new Set();
      // A final fact is told once more, whatever was remembered, before the cursor passes it.
      const name = `${signal.kind} ${key} ${blockHash} ${blockNumber <= finalized}`;
      if (known.has(name)) continue;
      try {
        if (!(await observe(logId, signal))) counts.parked += 1;
        counts.told += 1;
        memory.set(logId, known.add(name));
      } catch (error) {
        // It will be told by a server that knows the payment; until then only the cursor waits, not the other payments.
        if (error instanceof NewerVersionError) return { ...counts, failed: 1 };
        if (error instanceof AppError) throw error;
        const fields = { paymentId: logId, signal: signal.kind, key, blockNumber, error };
        if (!gaveUp(`${logId} ${name}`, fields)) return { ...counts, failed: 1 };
        counts.parked += 1;
        memory.set(logId, known.add(name));
      }
    }
    return counts;
  }

  return {
    tell: async (facts, finalized) => {
      const logs = [...Map.groupBy(facts, (fact) => fact.logId).values()];
      const total = { told: 0, parked: 0, failed: 0 };
      for (let start = 0; start < logs.length; start += logsAtOnce) {
        const results = await Promise.allSettled(
          logs.slice(start, start + logsAtOnce).map((group) => tellLog(group, finalized)),
        );
        for (const result of results) {
          if (result.status === 'rejected') throw result.reason;
          total.told += result.value.told;
          total.parked += result.value.parked;
          total.failed += result.value.failed;
        }
      }
      return total;
    },
    attempt: async (name, fields, work) => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof NewerVersionError) return { told: 0, parked: 0, failed: 1 };
        if (error instanceof AppError) throw error;
        const last = gaveUp(name, { ...fields, error });
        return { told: 0, parked: last ? 1 : 0, failed: last ? 0 : 1 };
      }
    },
    tellNow: async (logId, signal) => {
      try {
        await observe(logId, signal);
      } catch (error) {
        if (error instanceof NewerVersionError) return false;
        throw error;
      }
      memory.delete(logId);
      return true;
    },
    forget: () => memory.clear(),
  };
}
