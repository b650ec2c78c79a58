import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { address, amount, identifier, metadata, network, paymentId, token, txHash } from '../schemas/fields.ts';
import { escrowStateWord, paymentDocument, statusWord } from '../schemas/paymentDocument.ts';
import { shownPayment } from '../schemas/publicPayment.ts';
import { accepted, statusHint } from './decentralized.ts';

const success = z.literal(true);

export const postPayment = endpoint({
  operation: 'POST /api/payment',
  summary: 'Record a payment by hand',
  description:
    'The rules of an intent hold: the stored request and offer decide, and what contradicts them is refused. The payment is pending and has its own address; ' +
    'asked again for the same trade, the open payment is answered.',
  body: z.strictObject({
    purchaseRequestId: identifier,
    sellerOfferId: identifier,
    buyerId: identifier,
    sellerId: identifier,
    amount: z.strictObject({ amount, currency: token }),
    blockchain: z.strictObject({ network, token: z.union([token, address]) }).exactOptional(),
    metadata: metadata.exactOptional(),
  }),
  status: 201,
  answer: paymentDocument,
  problems: [
    'not_found',
    'offer_mismatch',
    'request_already_funded',
    'request_closed',
    'offer_not_open',
    'too_many_attempts',
    'too_many_unpaid',
    'network_not_supported',
    'chain_unavailable',
  ],
});

export const verifyPayment = endpoint({
  operation: 'POST /api/payment/verify',
  summary: 'Have a payment of the caller checked; its request follows what the chain proved',
  body: z.strictObject({
    paymentId,
    transactionHash: txHash.exactOptional(),
    purchaseRequestId: identifier.exactOptional(),
    network: network.exactOptional(),
    status: statusHint.exactOptional(),
  }),
  answer: z.strictObject({
    success,
    message: z.string(),
    data: z.strictObject({
      paymentId: z.string(),
      purchaseRequestId: z.string(),
      status: statusWord,
      escrowState: escrowStateWord,
      transactionHash: z.string().nullable().meta({ description: 'The transaction that paid, as far as it is proven' }),
    }),
  }),
  problems: ['not_found', 'offer_mismatch', 'chain_unavailable'],
});

export const paymentCallback = endpoint({
  operation: 'POST /api/payment/callback',
  summary: 'The callback of older clients: a hint that has the chain looked at',
  description:
    'Whatever it says, only the chain moves a payment. No secret of a payment is given out that could be a `paymentRef`, so none is compared.',
  body: z.strictObject({
    paymentId,
    transactionHash: txHash.exactOptional(),
    status: statusHint.exactOptional(),
    paymentRef: z.string().max(128).exactOptional(),
    data: metadata.exactOptional(),
  }),
  answer: z.strictObject({ success, accepted, message: z.string(), ...shownPayment }),
  problems: ['not_found', 'chain_unavailable'],
});
