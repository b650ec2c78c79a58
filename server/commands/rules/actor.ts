import type { PaymentState, State } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import { apiKeyIdForm } from '../../ports/apiKeys.ts';
import type { Actor } from '../../ports.ts';
import { incoming, noSuchPayment } from './refusal.ts';

/** How a user stands in the log: the prefix keeps a user whose id is `verifier` apart from our own actors. */
export const userActor = (actor: Actor): string => `user:${actor.userId}`;

/** Whether a marketplace's server speaks for itself, by its key, and no person. */
export const isServer = ({ userId }: Actor): boolean => apiKeyIdForm.test(userId);

/** Refuses everybody but admins. */
export function demandAdmin(actor: Actor): void {
  if (actor.role !== 'admin') throw new AppError('forbidden', 'Only an admin may do this.');
}

/** The payment when the actor is its buyer, its seller or an admin; a stranger learns nothing, not even that it exists. */
export function partyPayment(state: State | undefined | null, actor: Actor): PaymentState {
  const payment = incoming(state);
  const party = actor.role === 'admin' || actor.userId === payment.buyerId || actor.userId === payment.sellerId;
  if (!party) throw noSuchPayment();
  return payment;
}
