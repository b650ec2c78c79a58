import { BoundedMap } from '../boundedMap.ts';
import type { State } from '../domain/state.ts';
import type { Clock, Logger, PaymentCoordinator, Queries } from '../ports.ts';

export interface ExpirePaymentsDeps {
  readonly queries: Pick<Queries, 'expired'>;
  readonly coordinator: PaymentCoordinator;
  readonly verifyPayment: (paymentId: string, look: { readonly askProvider: boolean }) => Promise<State>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A payment that stays open after its look is looked at again after this; its own monitors see money sooner. */
const openEveryMs = 60_000;
/** One that could not be looked at, or whose look was not recorded; long enough to let the others through. */
const failedEveryMs = 10_000;
/** Most payments that are remembered; beyond it the oldest are only looked at sooner than they need be. */
const maxResting = 10_000;
/** Payments looked at side by side, so that one slow answer does not hold up all others. */
const sideBySide = 4;

/** Payments that were just looked at, until they are due again; in memory alone, since a new look does no harm. */
function createRest(clock: Clock) {
  const dueAtMs = new BoundedMap<string, number>(maxResting);
  return {
    isResting: (paymentId: string) => (dueAtMs.get(paymentId) ?? 0) > clock.now(),
    size: () => dueAtMs.size,
    rest(paymentId: string, forMs: number): void {
      dueAtMs.set(paymentId, clock.now() + forMs);
    },
    forgetDue(): void {
      for (const [id, dueMs] of dueAtMs) {
        if (dueMs <= clock.now()) dueAtMs.delete(id);
      }
    },
  };
}

/** Ends payments whose deadline passed, each after one fresh look at provider and chain; says how many. */
export function createExpirePayments(deps: ExpirePaymentsDeps) {
  const resting = createRest(deps.clock);

  async function expire(paymentId: string): Promise<boolean> {
    resting.rest(paymentId, failedEveryMs);
    try {
      await deps.verifyPayment(paymentId, { askProvider: true });
    } catch (error) {
      // A payment that could not be looked at is not expired.
      deps.logger.warn({ paymentId, error }, 'an expired payment could not be looked at');
      return false;
    }
    const observation = await deps.coordinator.observe(paymentId, { kind: 'deadlinePassed' }, { actor: 'deadline' });
    resting.rest(paymentId, openEveryMs);
    return observation.outcome === 'changed';
  }

  return async function expirePayments(limit: number): Promise<number> {
    resting.forgetDue();
    // Those at rest may stand at the head of the list, so the list must reach beyond them.
    const expired = await deps.queries.expired(deps.clock.now(), limit + resting.size());
    const due = expired.filter((paymentId) => !resting.isResting(paymentId)).slice(0, limit);
    let count = 0;
    const [next, failures]: [Iterator<string>, unknown[]] = [due.values(), []];
    const work = async () => {
      for (let turn = next.next(); !turn.done; turn = next.next()) {
        try {
          if (await expire(turn.value)) count += 1;
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: sideBySide }, work));
    if (failures.length > 0) throw failures[0];
    return count;
  };
}
