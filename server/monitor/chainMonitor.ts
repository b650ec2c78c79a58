import { createLook, type LookDeps, type TickReport } from './chainLook.ts';

/** What the monitor of one network needs. */
export type ChainMonitorDeps = LookDeps;

export interface ChainMonitor {
  /** Looks once, up to the present head; throws `AppError` when chain or database are away, and may be repeated at will. */
  tick(): Promise<TickReport>;
  start(intervalMs: number): void;
  /** Ends the loop after the look that is running. */
  stop(): Promise<void>;
}

/** Watches one network: tells every payment what the chain says about it. Several processes may watch the same one. */
export function createChainMonitor(deps: ChainMonitorDeps): ChainMonitor {
  const { network, logger } = deps;
  const tick = createLook(deps);
  let stopped = true;
  let wake = () => {};
  let loop = Promise.resolve();

  async function run(intervalMs: number): Promise<void> {
    while (!stopped) {
      await tick().catch((error) => logger.warn({ network: network.name, error }, 'a look at the chain failed'));
      if (stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    tick,
    start: (intervalMs) => {
      if (!stopped) return;
      stopped = false;
      loop = run(intervalMs);
    },
    stop: async () => {
      stopped = true;
      wake();
      await loop;
    },
  };
}
