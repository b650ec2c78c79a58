import type { PayoutSource } from '../../domain/signal.ts';
import type { Actor } from '../../ports.ts';

/** A payout out of one payment, as the use cases order it from `openPayout`. */
export interface PayoutOrder {
  readonly actor: Actor;
  readonly paymentId: string;
  readonly from: PayoutSource;
  readonly amount: bigint;
  readonly destination: string;
  readonly idempotencyClaim?: string | undefined;
}

/** What an order came to; `externalId` finds the payout at the provider. */
export interface OpenedPayout {
  readonly payoutId: string;
  readonly externalId: string;
  readonly status: string;
}

/** Opens the payout that was ordered, once for each idempotency claim. */
export type OpenPayout = (order: PayoutOrder) => Promise<OpenedPayout>;
