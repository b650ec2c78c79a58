import type { PaymentState } from '../domain/state.ts';
import type { Actor, PaymentCoordinator } from '../ports.ts';
import { demandAdmin, userActor } from './rules/actor.ts';
import { recordedPayment } from './rules/refusal.ts';

export interface AcceptLateDeps {
  readonly coordinator: PaymentCoordinator;
}

export interface AcceptLateInput {
  readonly actor: Actor;
  readonly paymentId: string;
  readonly idempotencyClaim?: string | undefined;
}

/** An admin takes late money as the price; refused when the delivery deadline is too close. */
export function createAcceptLate(deps: AcceptLateDeps) {
  return async function acceptLate(input: AcceptLateInput): Promise<PaymentState> {
    demandAdmin(input.actor);
    const { actor, paymentId, idempotencyClaim } = input;
    const context = { actor: userActor(actor), idempotencyClaim };
    return recordedPayment(await deps.coordinator.observe(paymentId, { kind: 'lateAccepted' }, context));
  };
}
