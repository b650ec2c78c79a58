import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock, CrashPoint, Ids, Logger, PaymentCoordinator } from '../ports.ts';

/** The wall clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** Ids of this process; a payment's starts with the time, so that lists of ids sort by it. */
export const systemIds: Ids = {
  payment: () =>
    Math.floor(Date.now() / 1000)
      .toString(16)
      .padStart(8, '0') + randomBytes(8).toString('hex'),
  attempt: () => randomUUID(),
  randomBits: () => randomBytes(16).toString('hex'),
};

/** For whom the coordinator works just now, as `<actor>/<kind of signal>`; kept only by a process that is told to die. */
const source = new AsyncLocalStorage<string>();

/**
 * Kills this process at the n-th pass of a labelled point, `<label>:<n>`, or `<label>@<source>:<n>` for passes on behalf of one
 * source alone; config.ts refuses the setting in production.
 */
export function createCrashPoint(setting: string): CrashPoint {
  const cut = setting.lastIndexOf(':');
  const label = setting.slice(0, cut);
  let left = Number(setting.slice(cut + 1));
  return (passed) => {
    if (setting === '' || (passed !== label && `${passed}@${source.getStore()}` !== label)) return;
    left -= 1;
    if (left > 0) return;
    process.kill(process.pid, 'SIGKILL');
    // the signal is delivered at once, but not in this very instruction: nothing after this point may run
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
}

/** Lets crash points know the source of each call; without a setting that names one the coordinator stays as it is. */
export function namingSources(coordinator: PaymentCoordinator, setting: string): PaymentCoordinator {
  if (!setting.includes('@')) return coordinator;
  return {
    observe: (paymentId, signal, context) =>
      source.run(`${context.actor}/${signal.kind}`, () => coordinator.observe(paymentId, signal, context)),
  };
}

/** Repeats a task with a pause after each turn; a turn that fails is logged and the next one tries again. `stop` waits for the turn that runs. */
export function repeating(name: string, everyMs: number, work: () => Promise<unknown>, logger: Logger) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let stopped = false;
  const turn = () => {
    running = work()
      .catch((error) => logger.warn({ error, name }, 'a periodic task failed and is tried again'))
      .finally(() => {
        if (!stopped) timer = setTimeout(turn, everyMs);
      });
  };
  return {
    start: turn,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
