import type { DomainEvent, EventName } from '../domain/event.ts';
import { formatAmount } from '../domain/money.ts';
import { custodyOf, escrowStateOf, exceptionOf } from '../domain/payment.ts';
import type { State } from '../domain/state.ts';
import type { Transition } from '../domain/transition.ts';
import { adminRoom, buyerRoom, marketplaceRoom, requestRoom, sellerRoom } from './rooms.ts';

/** The part of a Socket.IO server that is needed here: `local` reaches this process only, when Redis is away. */
export interface Emitter {
  to(rooms: string[]): { emit(event: string, payload: object): unknown };
}

/** The seed's client event of every domain event; they appear nowhere else. */
const clientEvents: Record<EventName, string> = {
  'payment.created': 'payment-created',
  'payment.updated': 'purchase-request-update',
  'offer.updated': 'seller-offer-update',
  'payout.created': 'payout-created',
  'payout.completed': 'payout-completed',
  'payout.updated': 'payout-updated',
};

function roomsFor(event: DomainEvent, state: State): string[] {
  if (event.name === 'offer.updated') return [sellerRoom(event.sellerId), requestRoom(state.requestId), adminRoom];
  if (state.direction === 'suspense') return [adminRoom];
  return [requestRoom(state.requestId), buyerRoom(state.buyerId), sellerRoom(state.sellerId), adminRoom];
}

/** What parties of a payment are told; the whole resulting state, never a difference (reliability.md §3.7). */
export function presentEvent(eventId: string, transition: Transition, event: DomainEvent): Record<string, unknown> {
  const { state } = transition;
  const { name, ...facts } = event;
  return {
    eventId,
    seq: transition.seq,
    type: name,
    ...facts,
    paymentId: state.id,
    requestId: state.requestId,
    purchaseRequestId: state.requestId,
    sellerOfferId: state.offerId,
    direction: state.direction === 'out' ? 'out' : 'in',
    paymentStatus: state.status,
    status: 'status' in facts ? facts.status : state.status,
    escrowState: escrowStateOf(state),
    custody: custodyOf(state),
    exception: exceptionOf(state),
    amount: formatAmount(state.price, state.asset.decimals),
    token: state.asset.token,
    network: state.asset.network,
    at: new Date(transition.atMs).toISOString(),
  };
}

/** Tells rooms about an event; delivered at most once by the sockets, so clients close gaps by `GET /api/payment/:id/events?after=<seq>`. */
export function createBroadcast(emitter: () => Emitter) {
  return {
    async publish(eventId: string, transition: Transition, event: DomainEvent): Promise<void> {
      const sockets = emitter();
      const clientEvent = clientEvents[event.name];
      const payload = presentEvent(eventId, transition, event);
      sockets.to(roomsFor(event, transition.state)).emit(clientEvent, payload);
      sockets.to([marketplaceRoom]).emit(clientEvent, { eventId, type: payload.type, paymentId: transition.paymentId });
    },
  };
}
