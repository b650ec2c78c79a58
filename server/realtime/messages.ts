import { z } from 'zod';
import type { EventName } from '../domain/event.ts';
import { updateTypes } from '../domain/event.ts';
import { escrowStates, flags, paymentStatuses } from '../domain/state.ts';

/** The seed's client event of every domain event; they appear nowhere else. */
export const clientEvents = {
  'payment.created': 'payment-created',
  'payment.updated': 'purchase-request-update',
  'offer.updated': 'seller-offer-update',
  'payout.created': 'payout-created',
  'payout.completed': 'payout-completed',
  'payout.updated': 'payout-updated',
} as const satisfies Record<EventName, string>;

const names = Object.keys(clientEvents) as EventName[];
const eventId = z.string().meta({ description: 'The same whenever the same is told again' });
const type = z.enum([...names.filter((name) => name !== 'payment.updated'), ...updateTypes]);
const status = z.enum(paymentStatuses);

/** What everybody is told: that something happened. */
export const hint = z
  .strictObject({ eventId, type, paymentId: z.string() })
  .meta({ id: 'Hint', description: 'That something happened, and to which payment' });

/** What followers of a request are told: the course of its payment, without money. */
export const course = z
  .strictObject({
    eventId,
    seq: z.number().int().meta({ description: 'The sequence number of the transition, without gaps in a payment' }),
    type,
    paymentId: z.string(),
    requestId: z.string(),
    purchaseRequestId: z.string().meta({ description: 'The same as requestId, as older clients call it' }),
    status,
    at: z.iso.datetime(),
  })
  .meta({ id: 'Course', description: 'How far a payment has come, without its figures' });

/** What parties and operators are told: the whole resulting state, never a difference. */
export const account = z
  .strictObject({
    ...course.shape,
    sellerOfferId: z.string(),
    direction: z.enum(['in', 'out']),
    paymentStatus: status,
    escrowState: z.enum(escrowStates),
    custody: z.enum(['none', 'provider', 'contract']),
    exception: z.enum(['none', ...flags]),
    amount: z.string().meta({ description: 'Exact decimal string' }),
    token: z.string(),
    network: z.string(),
  })
  .meta({ id: 'Account', description: 'The resulting state of a payment or a payout' });

/** What a seller, and the buyer, are told of an offer; its reader may have lost against the payment, whose figures it lacks. */
export const offerNews = z
  .strictObject({
    ...course.shape,
    offerId: z.string(),
    sellerId: z.string(),
    status: z.enum(['accepted', 'rejected']).meta({ description: 'Of the offer' }),
  })
  .meta({ id: 'OfferNews', description: 'What became of an offer' });

/** The first word of the server on a connection. */
export const ready = z
  .strictObject({ rooms: z.array(z.string()).meta({ description: 'The rooms this socket was put into' }) })
  .meta({ id: 'Ready' });

/** Asks to follow a request. */
export const joinMessage = z
  .strictObject({ requestId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) })
  .meta({ id: 'JoinRequest' });

/** What a join is answered, through the acknowledgement. */
export const joinAnswer = z
  .discriminatedUnion('success', [
    z.strictObject({ success: z.literal(true) }),
    z.strictObject({
      success: z.literal(false),
      code: z.enum(['validation_failed', 'not_found', 'rate_limited', 'busy']),
    }),
  ])
  .meta({ id: 'JoinAnswer' });
export type JoinAnswer = z.output<typeof joinAnswer>;

/** Why a connection is refused: the message of `connect_error`. */
export const refusals = ['not_authenticated', 'too_many_sockets'] as const;
/** What a refused client is handed with `connect_error`. */
export const refusal = z.object({ message: z.enum(refusals) }).meta({ id: 'ConnectionRefused' });
