import { z } from 'zod';
import { endpoint, envelope } from '../endpoint.ts';
import { amount, identifier, metadata, network, paymentId, time, token, txHash } from '../schemas/fields.ts';
import { escrowStateWord, payTo, statusWord, terms } from '../schemas/paymentDocument.ts';

/** Where to pay, how much and until when, with everything that was frozen. */
export const intentDocument = z.strictObject({
  paymentId: z.string(),
  paymentUrl: z.string(),
  externalId: z.string().nullable(),
  expiresAt: time,
  status: statusWord,
  escrowState: escrowStateWord,
  payTo,
  termsId: z.string(),
  vault: z.string(),
  terms,
});

export const postIntent = endpoint({
  operation: 'POST /api/payment/shkeeper/intents',
  summary: 'Open a payment intent and get the address to pay to',
  description: 'Asked again for the same request, offer and buyer, the open intent is answered.',
  body: z.strictObject({
    purchaseRequestId: identifier,
    sellerOfferId: identifier,
    sellerId: identifier,
    amount,
    token: token.default('USDT'),
    network: network.default('bsc'),
    metadata: metadata.exactOptional(),
  }),
  answer: envelope(intentDocument.meta({ id: 'PaymentIntent' })),
  problems: [
    'not_found',
    'offer_mismatch',
    'request_already_funded',
    'request_closed',
    'too_many_attempts',
    'too_many_unpaid',
    'network_not_supported',
    'provider_failed',
  ],
});

export const confirmTransaction = endpoint({
  operation: 'POST /api/payment/shkeeper/confirm-transaction',
  summary: 'Name the transaction that pays; the chain decides',
  body: z.strictObject({ paymentId, transactionHash: txHash, network: network.exactOptional() }),
  answer: z.strictObject({
    success: z.literal(true),
    message: z.string(),
    data: z.strictObject({
      paymentId: z.string(),
      transactionHash: z.string(),
      status: statusWord,
      escrowState: escrowStateWord,
    }),
  }),
  problems: ['not_found', 'transaction_already_used', 'chain_unavailable'],
});
