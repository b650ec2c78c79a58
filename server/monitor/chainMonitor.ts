import { createLook, type LookDeps, type TickReport } from './chainLook.ts';

/** What the monitor of one network needs. */
export type ChainMonitorDeps = LookDeps;

/** Where the monitor stands, for health and metrics. */
export interface MonitorStatus {
  readonly network: string;
  readonly lastTick: TickReport | null;
  readonly lastTickAtMs: number | null;
  readonly lastError: string | null;
}

export interface ChainMonitor {
  /** Looks once, up to the present head; throws `AppError` when chain or database are away, and may be repeated at will. */
  tick(): Promise<TickReport>;
  start(intervalMs: number): void;
  /** Ends the loop after the look that is running. */
  stop(): Promise<void>;
  status(): MonitorStatus;
}

/** Watches one network: tells every payment what the chain says about it. Several processes may watch the same one. */
export function createChainMonitor(deps: ChainMonitorDeps): ChainMonitor {
  const { network, clock, logger } = deps;
  const look = createLook(deps);
  let status: MonitorStatus = { network: network.name, lastTick: null, lastTickAtMs: null, lastError: null };
  let stopped = true;
  let wake = () => {};
  let loop = Promise.resolve();

  async function tick(): Promise<TickReport> {
    try {
      const lastTick = await look();
      status = { network: network.name, lastTick, lastTickAtMs: clock.now(), lastError: null };
      return lastTick;
    } catch (error) {
      status = { ...status, lastError: String(error) };
      throw error;
    }
  }

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
    status: () => status,
  };
}
