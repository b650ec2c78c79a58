import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import { paymentId } from '../schemas/fields.ts';

const success = z.literal(true);
const whole = z.number().int().nonnegative();

/** Where a hash was found: in the payment's own history, in the provider's words, or by a look at the chain. */
export const transactionSources = ['record', 'provider', 'chain'] as const;
const source = z.enum(transactionSources).meta({
  description:
    "`record`: the payment's history had it; `chain`: a look at the chain has just found it; `provider`: the provider says so and the chain has not proven it",
});
const found = { transactionHash: z.string(), network: z.string(), source };

export const fetchTransaction = endpoint({
  operation: 'POST /api/payment/payments/:id/fetch-tx',
  summary: 'Find the transaction that paid',
  description:
    "Looks into the payment's own history, then at the provider and the chain. `transaction_not_mined`: none is known.",
  params: z.strictObject({ id: paymentId }),
  body: z.strictObject({}),
  answer: z.strictObject({ success, ...found, message: z.string() }),
  problems: ['transaction_not_mined', 'chain_unavailable'],
});

export const autoFetchMissing = endpoint({
  operation: 'POST /api/payment/payments/auto-fetch-missing',
  summary: 'Look for the transactions of a batch of payments that have none',
  description:
    'Oldest first; a payment that is completed always has its transaction. One batch at a time in a process; a second call meanwhile is refused.',
  body: z.strictObject({
    limit: z.number().int().min(1).max(100).default(10),
    cursor: z.string().max(200).exactOptional(),
  }),
  answer: z.strictObject({
    success,
    data: z.strictObject({
      scanned: whole,
      found: whole,
      notFound: whole,
      unchecked: whole.meta({ description: 'Could not be looked at, as when no node answers' }),
      payments: z.array(z.strictObject({ paymentId: z.string(), ...found })),
      nextCursor: z.string().nullable(),
    }),
    message: z.string(),
  }),
  problems: ['already_running'],
});
