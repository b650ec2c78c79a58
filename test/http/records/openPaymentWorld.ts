import type { PaymentState } from '../../../server/domain/state.ts';
import type { Commands } from '../../../server/http/appDeps.ts';
import { otherPaymentId, paymentId, paymentState, payoutState, recorded, transition } from '../records.ts';
import { standIn, type World } from '../standIn.ts';

interface Known {
  readonly commands?: Partial<Commands>;
  /** What the row of the payment says. */
  readonly state?: PaymentState;
  /** What the log says by now; without it no more than the row. */
  readonly newest?: PaymentState;
}

/** Lets a stand-in know one payment, and the payout out of it. */
export function addPayment(world: World, { state = paymentState(), newest }: Known = {}): void {
  world.payments.set(paymentId, recorded(state));
  world.payments.set(otherPaymentId, recorded(payoutState()));
  if (newest !== undefined) world.transitions.push(transition(4, { state: newest }));
}

/** A stand-in that knows one payment, and the payout out of it. */
export function openPaymentWorld({ commands = {}, ...known }: Known = {}): World {
  const world = standIn({ commands });
  addPayment(world, known);
  return world;
}
