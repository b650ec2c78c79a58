import { z } from 'zod';
import { paymentStatuses } from '../../domain/state.ts';
import { endpoint, envelope } from '../endpoint.ts';
import { afterSeq, identifier, metadata, paymentId, time, txHash } from '../schemas/fields.ts';
import { listAnswer, listQuery } from '../schemas/lists.ts';
import {
  anyPaymentDocument,
  custodyWord,
  escrowStateWord,
  paymentDocument,
  payoutDocument,
  statusWord,
} from '../schemas/paymentDocument.ts';
import { listFilters } from '../schemas/paymentFilters.ts';

const params = z.strictObject({ id: paymentId });

const paymentListQuery = z.strictObject({ ...listQuery, ...listFilters });
const named = z
  .object({
    ...paymentDocument.partial().shape,
    ...payoutDocument.partial().shape,
    direction: z.enum(['in', 'out']).optional(),
  })
  .strict()
  .meta({ id: 'PaymentFields', description: 'The fields that were named by `fields`' });
const paymentList = listAnswer(z.union([anyPaymentDocument, named]));

export const listPayments = endpoint({
  operation: 'GET /api/payment',
  summary: "List the caller's payments",
  description:
    'Without `status` only completed payments are listed. Of a payment with many transfers or payouts the first twenty are listed; the payment by its id has all.',
  query: paymentListQuery,
  answer: paymentList,
});

export const listPaymentsOfUser = endpoint({
  operation: 'GET /api/payment/user/:userId',
  summary: "List one user's payments, as buyer and as seller",
  description: 'For the user himself and for operators; otherwise like the list of all payments.',
  params: z.strictObject({ userId: identifier }),
  query: paymentListQuery,
  answer: paymentList,
});

export const getPayment = endpoint({
  operation: 'GET /api/payment/:id',
  summary: 'Read one payment',
  description: 'Its `seq` is its `ETag`; whoever sends it as `If-None-Match` gets 304 while nothing has changed.',
  params,
  answer: anyPaymentDocument,
  versioned: true,
});

export const putPayment = endpoint({
  operation: 'PUT /api/payment/:id',
  summary: 'Cancel a payment, or hint at its transaction',
  description:
    'Only `cancelled` is obeyed. A transaction hash or any other status starts a look at the chain and never sets a status. ' +
    '`blockchain` and `metadata` are accepted and change nothing. With `If-Match` (the `ETag` of a read) a payment that changed since is left as it is: 412.',
  params,
  body: z
    .strictObject({
      status: z.enum(paymentStatuses).exclude(['released', 'refunded']).exactOptional(),
      transactionHash: txHash.exactOptional(),
      blockchain: z
        .strictObject({ network: z.string().max(64), token: z.string().max(64) })
        .partial()
        .exactOptional(),
      metadata: metadata.exactOptional(),
    })
    .refine((body) => Object.keys(body).length > 0, 'must name what to change'),
  answer: anyPaymentDocument,
  versioned: true,
  problems: ['already_final', 'illegal_transition', 'chain_unavailable'],
});

const eventFacts = z.strictObject({
  eventId: z.string(),
  name: z.string(),
  type: z.string(),
  offerId: z.string().optional(),
  offerStatus: z.string().optional(),
});

export const listEvents = endpoint({
  operation: 'GET /api/payment/:id/events',
  summary: 'Read what happened to a payment after a sequence number',
  params,
  query: z.strictObject({ after: afterSeq }),
  answer: z.strictObject({
    success: z.literal(true),
    data: z.array(
      z
        .strictObject({
          seq: z.number().int(),
          eventId: z.string(),
          type: z.string().meta({ description: 'The kind of purchase-request-update, or the name of the event' }),
          kind: z.string().meta({ description: 'The signal that caused it' }),
          at: time,
          paymentId: z.string(),
          status: statusWord,
          escrowState: escrowStateWord,
          custody: custodyWord,
          exception: z.string(),
          events: z.array(eventFacts),
        })
        .meta({ id: 'PaymentEvent' }),
    ),
    nextAfter: z.number().int(),
  }),
});

export const acceptLate = endpoint({
  operation: 'POST /api/payment/:id/accept-late',
  summary: 'Let money that came late pay the price',
  params,
  answer: envelope(paymentDocument),
  problems: ['not_funded', 'illegal_transition', 'too_close_to_delivery', 'request_already_funded'],
});
