import { z } from 'zod';
import { endpoint, envelope } from '../endpoint.ts';
import { amount, identifier, network, paymentId, token, txHash } from '../schemas/fields.ts';

const description = 'Development only: mounted with DEVELOPMENT_ROUTES=on, which production refuses.';
const text = z.string();

/** What a configuration attempt sent, as far as it may be repeated. */
const echo = z.strictObject({
  method: text,
  path: text,
  headers: z.record(text, text),
  hiddenHeaders: z.array(text),
  queryNames: z.array(text),
  body: z.strictObject({ bytes: z.number().int(), sha256: text, isJson: z.boolean() }),
  signature: z.strictObject({ valid: z.boolean(), reason: text.nullable() }),
});

export const testProvider = endpoint({
  operation: 'POST /api/payment/shkeeper/test',
  summary: 'Ask the real provider which coins it offers',
  description: `${description} Nothing is opened; a provider that does not answer is an error here.`,
  answer: envelope(z.strictObject({ coins: z.array(text), milliseconds: z.number().int() })),
  problems: ['validation_failed', 'malformed_json', 'payload_too_large', 'unsupported_media_type', 'provider_failed'],
});

export const postCallbackTest = endpoint({
  operation: 'POST /api/payment/shkeeper/callback-test',
  summary: 'Say what arrived, and whether its signature would be taken',
  description: `${description} Nothing is recorded, and values of headers that may be secret are left out.`,
  query: z.looseObject({}),
  body: z.looseObject({}),
  status: 202,
  answer: envelope(echo),
  problems: ['payload_too_large'],
});

export const getCallbackTest = endpoint({
  operation: 'GET /api/payment/shkeeper/callback-test',
  summary: 'Say what arrived',
  description: `${description} Nothing is recorded, and values of headers that may be secret are left out.`,
  query: z.looseObject({}),
  status: 202,
  answer: envelope(echo),
});

export const createTestPayment = endpoint({
  operation: 'POST /api/payment/shkeeper/create-test-payment',
  summary: 'Open a request, an offer and a payment by the ordinary commands',
  description: `${description} It is a real payment and stays pending until money arrives.`,
  body: z.strictObject({
    amount: amount.default('10'),
    network: network.default('bsc'),
    token: token.default('USDT'),
    buyerId: identifier.default('test-buyer'),
    sellerId: identifier.default('test-seller'),
  }),
  status: 201,
  answer: envelope(
    z.strictObject({
      paymentId: text,
      externalId: text.nullable(),
      purchaseRequestId: text,
      sellerOfferId: text,
      buyerId: text,
      sellerId: text,
      status: text,
    }),
  ),
  problems: [
    'validation_failed',
    'malformed_json',
    'payload_too_large',
    'unsupported_media_type',
    'network_not_supported',
    'too_many_unpaid',
    'provider_failed',
    'forbidden',
    'busy',
  ],
});

export const triggerWebhook = endpoint({
  operation: 'POST /api/payment/shkeeper/trigger-webhook',
  summary: 'Send a correctly signed delivery to our own webhook',
  description: `${description} The delivery is judged like those of the provider: what it says is a hint, and the chain decides.`,
  body: z.strictObject({
    paymentId,
    status: z.enum(['PARTIAL', 'PAID', 'OVERPAID', 'unconfirmed']).default('PAID'),
    transactionHash: txHash.exactOptional(),
    amount: amount.exactOptional(),
  }),
  answer: envelope(
    z.strictObject({
      externalId: text,
      sent: z.looseObject({ external_id: text }),
      answered: z.strictObject({ status: z.number().int(), body: text }),
    }),
  ),
  problems: ['not_found', 'busy'],
});
