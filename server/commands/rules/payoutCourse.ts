import type { Signal } from '../../domain/signal.ts';
import type { Clock, Observation, PaymentCoordinator } from '../../ports.ts';
import type { PayoutPolicy } from './payoutPolicy.ts';
import type { PayoutView } from './payoutView.ts';

/** When to look at a payout again; null when there is nothing left to do. */
export interface NextLook {
  readonly nextAtMs: number | null;
}

/** What every step of a payout needs: its age, its pace, and how its signals are told. */
export interface PayoutCourse {
  observe(view: PayoutView, signal: Signal): Promise<Observation>;
  ageOf(view: PayoutView): number;
  isYoung(view: PayoutView): boolean;
  soon(view: PayoutView): NextLook;
  atOnce(): NextLook;
  /** Gives the payout to a person; it is still looked at, since the chain may answer after all. */
  callPerson(view: PayoutView, reason: string): Promise<NextLook>;
}

/** Builds the course of payouts under a policy. */
export function createPayoutCourse(
  ports: { readonly coordinator: PaymentCoordinator; readonly clock: Clock },
  policy: PayoutPolicy,
): PayoutCourse {
  const { clock, coordinator } = ports;
  const observe: PayoutCourse['observe'] = (view, signal) =>
    coordinator.observe(view.logId, signal, { actor: 'payouts' });
  const ageOf = ({ machine }: PayoutView) => clock.now() - (machine.postedAtMs ?? machine.requestedAtMs);
  const isYoung = (view: PayoutView) => ageOf(view) < policy.youngMs;
  return {
    observe,
    ageOf,
    isYoung,
    soon(view) {
      const quick = isYoung(view) && view.machine.stage !== 'manual';
      return { nextAtMs: clock.now() + (quick ? policy.lookMs : policy.slowLookMs) };
    },
    atOnce: () => ({ nextAtMs: clock.now() }),
    async callPerson(view, reason) {
      await observe(view, { kind: 'payoutReported', stage: 'manual', txHash: null, walletNonce: null, reason });
      return { nextAtMs: clock.now() + policy.slowLookMs };
    },
  };
}
