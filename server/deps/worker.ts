import type { Config } from '../config.ts';
import { createNudgeWorker } from '../jobs/nudges.ts';
import { createDueHandlers } from '../monitor/dueHandlers.ts';
import { createInvoicePoller } from '../monitor/invoicePoller.ts';
import { createWorkDriver } from '../monitor/workDriver.ts';
import type { nightlyOf } from './nightly.ts';
import type { Ports } from './ports.ts';
import { repeating } from './system.ts';
import type { UseCases } from './useCases.ts';

/** Payments looked at in one sweep; a longer backlog is worked off over several. */
const sweepLimit = 100;
const sweepEveryMs = 1_000;
const voidEveryMs = 60_000;
/** Only the very first plan matters; the others bring back a row that somebody lost. */
const planEveryMs = 3_600_000;

/** The worker role: due rows, sweeps over deadlines, and nudges when Redis is there. */
export function workerOf(parts: {
  config: Config;
  ports: Ports;
  useCases: UseCases;
  nightly: ReturnType<typeof nightlyOf>;
  relayWake: () => void;
}) {
  const { config, ports, useCases, nightly, relayWake } = parts;
  const { logger } = ports;
  const openEveryMs = config.SHKEEPER_POLL_SECONDS * 1000;
  const poller = createInvoicePoller({ ...ports, verifyPayment: useCases.verifyPayment, openEveryMs });
  const handlers = {
    ...createDueHandlers({ ...ports, ...useCases, pollMs: openEveryMs }),
    reconcile: nightly.handler,
  };
  const driver = createWorkDriver({ ...ports, handlers });
  const sweeps = [
    repeating('expire payments', sweepEveryMs, () => useCases.expirePayments(sweepLimit), logger),
    repeating('void settlements', voidEveryMs, () => useCases.voidSettlements(sweepLimit), logger),
    repeating('plan the reconciliation', planEveryMs, nightly.plan, logger),
  ];
  const nudges =
    config.REDIS_URL === ''
      ? null
      : createNudgeWorker(config.REDIS_URL, async ({ kind, paymentId }) => {
          if (kind === 'relay') relayWake();
          else await (kind === 'poll' ? poller : driver).runDue(kind, paymentId);
        });
  return {
    start() {
      driver.start();
      poller.start();
      for (const sweep of sweeps) sweep.start();
    },
    async stop() {
      await nightly.stop();
      await Promise.all([...sweeps.map((sweep) => sweep.stop()), driver.stop(), poller.stop(), nudges?.close()]);
    },
  };
}
