import type { DomainEvent } from '../domain/event.ts';
import { custodyOf, escrowStateOf, exceptionOf } from '../domain/facts.ts';
import type { Effect, Step } from '../domain/transition.ts';

type EventEffect = Effect & { readonly type: 'event' };
const isEvent = (effect: Effect): effect is EventEffect => effect.type === 'event';
const typeOf = (event: DomainEvent) => (event.name === 'payment.updated' ? event.type : event.name);

function factsOf({ key, event }: EventEffect) {
  const offer = event.name === 'offer.updated' ? { offerId: event.offerId, offerStatus: event.status } : {};
  return { eventId: key, name: event.name, type: typeOf(event), ...offer };
}

/**
 * One transition as a row of `GET /:id/events`, with the resulting state and the events it sent, so that a client that missed
 * them is told the same. A transition that sent none still has its row: the sequence has no gaps.
 */
export function presentStep({ seq, kind, atMs, state, paymentId, effects }: Step) {
  const events = effects.filter(isEvent).map(factsOf);
  const main = events.find((event) => event.name !== 'offer.updated') ?? events[0];
  return {
    seq,
    eventId: main?.eventId ?? `${paymentId}-${seq}`,
    type: main?.type ?? kind,
    kind,
    at: new Date(atMs).toISOString(),
    paymentId,
    status: state.status,
    escrowState: escrowStateOf(state),
    custody: custodyOf(state),
    exception: exceptionOf(state),
    events,
  };
}
