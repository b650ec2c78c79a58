import type { PaymentState } from './state.ts';
import type { EffectBody } from './transition.ts';

/** How long after a payment's opening only the process that opened it asks for its address; then the due row does (ADR 0009). */
export const addressLeaseMs = 45_000;

/** The life of a purchase request: open, an intent exists, paid, and how it ended. */
export const requestStatuses = ['open', 'payment', 'processing', 'seller_paid', 'refunded'] as const;
export type RequestStatus = (typeof requestStatuses)[number];
export type OfferStatus = 'open' | 'selected' | 'accepted' | 'rejected';

export interface PurchaseRequest {
  readonly id: string;
  readonly marketplaceId: string;
  readonly buyerId: string;
  readonly title: string;
  readonly description: string;
  readonly status: RequestStatus;
  readonly selectedOfferId: string | null;
  readonly buyerWallet: string | null;
  readonly refundTo: string | null;
  readonly createdAtMs: number;
}
export interface SellerOffer {
  readonly id: string;
  readonly requestId: string;
  readonly sellerId: string;
  /** Decimal string in `token`. */
  readonly amount: string;
  readonly network: string;
  readonly token: string;
  readonly payoutAddress: string | null;
  readonly status: OfferStatus;
  readonly createdAtMs: number;
}

/** What follows for request and offer when an intent was opened. */
export function openingEffects(state: PaymentState): EffectBody[] {
  return [
    ...(state.provider === null ? [] : [{ type: 'askAddress' } as const]),
    { type: 'setRequestStatus', requestId: state.requestId, status: 'payment' },
    { type: 'event', event: { name: 'payment.created' } },
  ];
}

/** What follows when the price is covered: the offer is accepted, its siblings are rejected. */
export function completionEffects(state: PaymentState): EffectBody[] {
  return [
    { type: 'acceptOffer', requestId: state.requestId, offerId: state.offerId },
    { type: 'setRequestStatus', requestId: state.requestId, status: 'processing' },
    { type: 'event', event: { name: 'payment.updated', type: 'payment_completed' } },
  ];
}

/** What follows when a reversal took the price away again; accepted and rejected offers stay as they are. */
export function reversalEffects(state: PaymentState): EffectBody[] {
  return [{ type: 'setRequestStatus', requestId: state.requestId, status: 'payment' }];
}

/** What follows when nothing of the price is left: the request ends as the payment did. */
export function endEffects(state: PaymentState): EffectBody[] {
  const status = state.status === 'released' ? 'seller_paid' : 'refunded';
  return [{ type: 'setRequestStatus', requestId: state.requestId, status }];
}

export type TradeRefusal = 'request_closed' | 'offer_not_open' | 'request_already_funded' | 'offer_mismatch';

/** Why no offer can be placed on a request, or null. */
export function placingProblem(request: { status: RequestStatus }): TradeRefusal | null {
  return request.status === 'open' ? null : 'request_closed';
}

/** Why an offer cannot be selected by hand, or null; selecting accepts nothing, only a completed payment does. */
export function selectingProblem(
  request: { id: string; status: RequestStatus; selectedOfferId: string | null },
  offer: { id: string; requestId: string; status: 'open' | 'selected' | 'accepted' | 'rejected' },
): TradeRefusal | null {
  if (offer.requestId !== request.id) return 'offer_mismatch';
  if (request.status !== 'open') return 'request_closed';
  if (offer.status !== 'open' && offer.status !== 'selected') return 'offer_not_open';
  if (request.selectedOfferId !== null && request.selectedOfferId !== offer.id) return 'offer_mismatch';
  return null;
}

/** Why no intent can be opened for an offer, or null. A request is funded once: after that, and after a refund, it stays closed. */
export function payingProblem(
  request: { id: string; status: RequestStatus; selectedOfferId: string | null },
  offer: { id: string; requestId: string; status: 'open' | 'selected' | 'accepted' | 'rejected' },
): TradeRefusal | null {
  if (offer.requestId !== request.id) return 'offer_mismatch';
  if (request.status !== 'open' && request.status !== 'payment') return 'request_already_funded';
  if (request.selectedOfferId !== null && request.selectedOfferId !== offer.id) return 'offer_mismatch';
  return offer.status === 'rejected' ? 'offer_not_open' : null;
}
