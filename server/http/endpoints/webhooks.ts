import { z } from 'zod';
import { endpoint, envelope } from '../endpoint.ts';
import { time } from '../schemas/fields.ts';

const received = z.strictObject({ success: z.literal(true) });
const description =
  'Signed by the provider: HMAC-SHA256 over `<timestamp>.<raw body>` in X-Shkeeper-Signature, X-Shkeeper-Timestamp beside it. ' +
  'Everything that is signed is kept and accepted, also what cannot be matched or read.';
const anything = z.looseObject({});

export const invoiceWebhook = endpoint({
  operation: 'POST /api/payment/shkeeper/webhook',
  summary: "Take SHKeeper's word on an invoice",
  description,
  body: anything,
  status: 202,
  answer: received,
  problems: ['invalid_signature', 'payload_too_large', 'busy'],
});

export const payoutWebhook = endpoint({
  operation: 'POST /api/payment/shkeeper/payout/webhook',
  summary: "Take SHKeeper's word on a payout",
  description,
  body: anything,
  status: 202,
  answer: received,
  problems: ['invalid_signature', 'payload_too_large', 'busy'],
});

export const webhookStats = endpoint({
  operation: 'GET /api/payment/shkeeper/webhook-stats',
  summary: 'Count webhook deliveries, and show those that could not be used',
  answer: envelope(
    z.strictObject({
      success: z.number().int(),
      failure: z.number().int(),
      duplicates: z.number().int(),
      counts: z.record(z.string(), z.number().int()),
      recent: z.array(
        z.strictObject({
          id: z.string(),
          provider: z.string(),
          outcome: z.string(),
          reason: z.string(),
          receivedAt: time,
          bytes: z.number().int(),
          body: z.string().nullable().meta({ description: 'Null when it is longer than 16 KiB' }),
        }),
      ),
    }),
  ),
});
