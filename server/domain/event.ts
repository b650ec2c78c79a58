/** Kinds of `purchase-request-update`. */
export const updateTypes = [
  'payment_processing',
  'payment_underpaid',
  'payment_completed',
  'payment_late',
  'payment_failed',
  'payment_cancelled',
  'payment_reversed',
  'payment_released',
  'payment_refunded',
  'payment_refunded_later',
  'payment_credited',
  'payment_credit_withdrawn',
  'payment_delivered',
  'payment_disputed',
  'escrow_forwarded',
] as const;
export type UpdateType = (typeof updateTypes)[number];

/** What happened, past tense; the clients' event names exist only in realtime/broadcast. */
export type DomainEvent =
  | { readonly name: 'payment.created' }
  | { readonly name: 'payment.updated'; readonly type: UpdateType }
  | {
      readonly name: 'offer.updated';
      readonly offerId: string;
      readonly sellerId: string;
      readonly status: 'accepted' | 'rejected';
    }
  | { readonly name: 'payout.created' }
  | { readonly name: 'payout.completed' }
  | { readonly name: 'payout.updated' };
export type EventName = DomainEvent['name'];
