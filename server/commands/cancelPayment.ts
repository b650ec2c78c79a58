import type { PaymentState } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { Actor, PaymentCoordinator, TransitionStore } from '../ports.ts';
import { partyPayment, userActor } from './rules/actor.ts';
import { recordedPayment } from './rules/refusal.ts';

export interface CancelPaymentDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
}

export interface CancelPaymentInput {
  readonly actor: Actor;
  readonly paymentId: string;
  readonly ifSeq?: readonly number[] | undefined;
}

/** Cancels a payment nobody has paid yet; money that comes all the same is still recorded. */
export function createCancelPayment(deps: CancelPaymentDeps) {
  return async function cancelPayment({ actor, paymentId, ifSeq }: CancelPaymentInput): Promise<PaymentState> {
    const payment = partyPayment((await deps.store.tail(paymentId))?.state, actor);
    if (actor.role !== 'admin' && actor.userId !== payment.buyerId) {
      throw new AppError('forbidden', 'Only the buyer or an admin may cancel a payment.');
    }
    const context = { actor: userActor(actor), ifSeq };
    return recordedPayment(await deps.coordinator.observe(paymentId, { kind: 'cancelRequested' }, context));
  };
}
