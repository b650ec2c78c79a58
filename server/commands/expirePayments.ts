import type { State } from '../domain/state.ts';
import type { Clock, Logger, PaymentCoordinator, Queries } from '../ports.ts';

export interface ExpirePaymentsDeps {
  readonly queries: Pick<Queries, 'expired'>;
  readonly coordinator: PaymentCoordinator;
  readonly verifyPayment: (paymentId: string, look: { readonly askProvider: boolean }) => Promise<State>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Ends payments whose deadline passed, each after one fresh look at provider and chain; says how many. */
export function createExpirePayments(deps: ExpirePaymentsDeps) {
  async function expire(paymentId: string): Promise<boolean> {
    try {
      await deps.verifyPayment(paymentId, { askProvider: true });
    } catch (error) {
      // A payment that could not be looked at is not expired (reliability.md §3.6).
      deps.logger.warn({ paymentId, error }, 'an expired payment could not be looked at');
      return false;
    }
    const observation = await deps.coordinator.observe(paymentId, { kind: 'deadlinePassed' }, { actor: 'deadline' });
    return observation.outcome === 'changed';
  }

  return async function expirePayments(limit: number): Promise<number> {
    let count = 0;
    for (const paymentId of await deps.queries.expired(deps.clock.now(), limit)) {
      if (await expire(paymentId)) count += 1;
    }
    return count;
  };
}
