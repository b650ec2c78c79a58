import type { PaymentState } from '../../domain/state.ts';
import type { OutcomeOf } from '../../ports/outside.ts';
import type { Actor } from '../../ports.ts';

/** The transaction that somebody says settled a payment. */
export interface ConfirmSettlementInput {
  readonly actor: Actor;
  readonly paymentId: string;
  readonly kind: 'release' | 'refund';
  readonly txHash: string;
  /** What is read of the transaction, by network: shared by the payments of a batch. */
  readonly shared?: Map<string, Promise<OutcomeOf>>;
}

/** What it turned out to be: mined, or final and booked. */
export interface ConfirmedSettlement {
  readonly state: PaymentState;
  readonly settlement: { readonly state: 'seen' | 'final'; readonly txHash: string };
}

/** The use case that proves it. */
export type ConfirmSettlement = (input: ConfirmSettlementInput) => Promise<ConfirmedSettlement>;
