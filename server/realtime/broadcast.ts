import type { DomainEvent } from '../domain/event.ts';
import { custodyOf, escrowStateOf, exceptionOf } from '../domain/facts.ts';
import { formatAmount } from '../domain/money.ts';
import type { State } from '../domain/state.ts';
import type { Transition } from '../domain/transition.ts';
import { clientEvents } from './messages.ts';
import { adminRoom, buyerRoom, marketplaceRoom, requestRoom, sellerRoom } from './rooms.ts';

interface Rooms {
  emit(event: string, payload: object): unknown;
}

/** The part of a Socket.IO server that is needed here. */
export interface Emitter {
  to(rooms: string[]): Rooms & { except(rooms: string[]): Rooms };
}

/** Rooms whose members may know everything about the event. */
function partiesOf(event: DomainEvent, state: State): string[] {
  if (state.direction === 'suspense') return [adminRoom];
  const sellerId = event.name === 'offer.updated' ? event.sellerId : state.sellerId;
  return [buyerRoom(state.buyerId), sellerRoom(sellerId), adminRoom];
}

const isAboutPayment = ({ name }: DomainEvent) => name === 'payment.created' || name === 'payment.updated';

function identityOf(eventId: string, { seq, atMs, state }: Transition, event: DomainEvent) {
  const { name, ...facts } = event;
  return {
    eventId,
    seq,
    type: name,
    ...facts,
    paymentId: state.id,
    requestId: state.requestId,
    purchaseRequestId: state.requestId,
    status: 'status' in facts ? facts.status : state.status,
    at: new Date(atMs).toISOString(),
  };
}

/** What parties are told: the whole resulting state, never a difference. An offer's news carries no figures of the payment, since its reader may have lost against it. */
function presentEvent(eventId: string, transition: Transition, event: DomainEvent): Record<string, unknown> {
  const { state } = transition;
  const identity = identityOf(eventId, transition, event);
  if (event.name === 'offer.updated') return identity;
  return {
    ...identity,
    sellerOfferId: state.offerId,
    direction: state.direction === 'out' ? 'out' : 'in',
    paymentStatus: state.status,
    escrowState: escrowStateOf(state),
    custody: custodyOf(state),
    exception: exceptionOf(state),
    amount: formatAmount(state.price, state.asset.decimals),
    token: state.asset.token,
    network: state.asset.network,
  };
}

/**
 * Tells rooms about an event, every socket once and with the fullest account it may have: parties all of it, followers of the
 * request (rival sellers) its course without money, everybody else that it happened. The sockets deliver at most once, so
 * clients close gaps by `GET /api/payment/:id/events?after=<seq>`.
 */
export function createBroadcast(emitter: () => Emitter) {
  return {
    async publish(eventId: string, transition: Transition, event: DomainEvent): Promise<void> {
      const { state, paymentId } = transition;
      const sockets = emitter();
      const clientEvent = clientEvents[event.name];
      const told = partiesOf(event, state);
      const payload = presentEvent(eventId, transition, event);
      sockets.to(told).emit(clientEvent, payload);
      if (state.direction === 'suspense') return;
      if (isAboutPayment(event)) {
        const followers = requestRoom(state.requestId);
        sockets
          .to([followers])
          .except(told)
          .emit(clientEvent, identityOf(eventId, transition, event));
        told.push(followers);
      }
      sockets.to([marketplaceRoom]).except(told).emit(clientEvent, { eventId, type: payload.type, paymentId });
    },
  };
}
