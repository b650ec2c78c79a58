import { createPaymentCoordinator, type PaymentCoordinatorDeps } from '../../server/commands/paymentCoordinator.ts';
import { decide } from '../../server/domain/payment.ts';
import type { Store } from '../../server/store/createStore.ts';
import { createTestClock } from './clock.ts';
import { createTestLogger, randomIds } from './factories.ts';

/** Repeats at once, for tests in which nobody else has to come first. */
export const atOnce = { pause: () => Promise.resolve() };

/** The coordinator of a process of its own over a real store: it remembers nothing of what others did. Parts given here win. */
export const coordinatorOver = (
  { transitions, hints, digest }: Pick<Store, 'transitions' | 'hints' | 'digest'>,
  own: Partial<PaymentCoordinatorDeps> = {},
) =>
  createPaymentCoordinator({
    ...{ transitions, hints, digest, decide, ids: randomIds, clock: createTestClock() },
    ...{ logger: createTestLogger().logger, crash: () => {}, wakeRelay: () => {} },
    ...own,
  });
