import { z } from 'zod';
import { requestStatuses } from '../../domain/trade.ts';
import { endpoint, envelope } from '../endpoint.ts';
import { address, amount, identifier, network, time, token } from '../schemas/fields.ts';
import { listAnswer, listQuery } from '../schemas/lists.ts';

const title = z.string().trim().min(1).max(200);
const description = z.string().trim().max(5000).default('');

const requestDocument = z
  .strictObject({
    id: z.string(),
    buyerId: z.string(),
    title: z.string(),
    description: z.string(),
    status: z.enum(requestStatuses),
    selectedOfferId: z.string().nullable(),
    buyerWallet: z.string().nullable().optional().meta({ description: 'Only for its buyer and operators' }),
    refundTo: z.string().nullable().optional().meta({ description: 'Only for its buyer and operators' }),
    createdAt: time,
  })
  .meta({ id: 'PurchaseRequest' });
const offerDocument = z
  .strictObject({
    id: z.string(),
    requestId: z.string(),
    sellerId: z.string(),
    amount: z.number().meta({ description: 'Rendered copy of amountExact' }),
    amountExact: z.string(),
    network: z.string(),
    token: z.string(),
    payoutAddress: z.string().nullable().optional().meta({ description: 'Only for its seller and operators' }),
    status: z.enum(['open', 'selected', 'accepted', 'rejected']),
    createdAt: time,
  })
  .meta({ id: 'SellerOffer' });
export type RequestDocument = z.output<typeof requestDocument>;
export type OfferDocument = z.output<typeof offerDocument>;

export const postRequest = endpoint({
  operation: 'POST /api/requests',
  summary: 'Ask the marketplace for something',
  body: z.strictObject({
    title,
    description,
    buyerWallet: address.exactOptional(),
    refundTo: address.exactOptional(),
  }),
  status: 201,
  answer: envelope(requestDocument),
});

export const listRequests = endpoint({
  operation: 'GET /api/requests',
  summary: 'List purchase requests: buyers their own, sellers the open ones, operators all',
  query: z.strictObject({ ...listQuery, status: z.enum(requestStatuses).exactOptional() }),
  answer: listAnswer(requestDocument),
});

export const getRequest = endpoint({
  operation: 'GET /api/requests/:id',
  summary: 'Read one purchase request',
  params: z.strictObject({ id: identifier }),
  answer: envelope(requestDocument),
});

export const postOffer = endpoint({
  operation: 'POST /api/requests/:id/offers',
  summary: 'Offer to fulfil a request for a price',
  params: z.strictObject({ id: identifier }),
  body: z.strictObject({
    amount,
    network: network.exactOptional(),
    token: token.exactOptional(),
    payoutAddress: address.exactOptional(),
  }),
  status: 201,
  answer: envelope(offerDocument),
  problems: ['request_closed', 'too_many_offers', 'network_not_supported'],
});

export const listOffers = endpoint({
  operation: 'GET /api/requests/:id/offers',
  summary: "List a request's offers: sellers see only their own",
  params: z.strictObject({ id: identifier }),
  query: z.strictObject(listQuery),
  answer: listAnswer(offerDocument),
});

export const acceptOffer = endpoint({
  operation: 'POST /api/requests/:id/offers/:offerId/accept',
  summary: 'Select the offer to pay; the payment accepts it',
  params: z.strictObject({ id: identifier, offerId: identifier }),
  answer: envelope(z.strictObject({ request: requestDocument, offer: offerDocument })),
  problems: ['request_closed', 'offer_not_open'],
});
