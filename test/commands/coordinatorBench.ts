import { createPaymentCoordinator, type PaymentCoordinatorDeps } from '../../server/commands/paymentCoordinator.ts';
import { decide } from '../../server/domain/payment.ts';
import { AppError } from '../../server/errors.ts';
import { digest } from '../../server/store/codec.ts';
import { createTestClock } from '../support/clock.ts';
import { buildIntentSignal, createTestLogger, randomIds } from '../support/factories.ts';
import { createSimulatedHints } from '../support/simulatedHints.ts';
import { createSimulatedStore, SimulatedDatabase } from '../support/simulatedStore.ts';

/** Who sends the signals of these tests. */
export const actor = { actor: 'test' };

/** A coordinator over a simulated database, and all that shows what it did; any part of it may be replaced. */
export function arrange(overrides: Partial<PaymentCoordinatorDeps> = {}) {
  const database = new SimulatedDatabase();
  const transitions = createSimulatedStore(database);
  const { logger, lines } = createTestLogger();
  const crashes: string[] = [];
  let woken = 0;
  const coordinator = createPaymentCoordinator({
    ...{ transitions, hints: createSimulatedHints(database), decide, digest, ids: randomIds, logger },
    clock: createTestClock(),
    crash: (label) => void crashes.push(label),
    wakeRelay: () => {
      woken += 1;
    },
    pause: () => Promise.resolve(),
    ...overrides,
  });
  const open = async (
    intent = buildIntentSignal({ rail: 'web3', provider: null }),
    paymentId = randomIds.payment(),
  ) => {
    await coordinator.observe(paymentId, intent, actor);
    return { paymentId, ...intent.intent };
  };
  return { database, transitions, coordinator, lines, crashes, open, woken: () => woken };
}

/** The code of a refusal, or what was thrown in its place. */
export const codeOf = (error: unknown) => (error instanceof AppError ? error.code : error);
