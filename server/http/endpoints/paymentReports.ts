import { z } from 'zod';
import { paymentStatuses } from '../../domain/state.ts';
import { endpoint, envelope } from '../endpoint.ts';
import { identifier, time } from '../schemas/fields.ts';
import { anyPaymentDocument } from '../schemas/paymentDocument.ts';
import { anyStatus, paymentFilters } from '../schemas/paymentFilters.ts';

const whole = z.number().int();
const side = (what: string) =>
  z.strictObject({
    total: whole,
    counts: z
      .strictObject(Object.fromEntries(paymentStatuses.map((status) => [status, whole])))
      .meta({ description: `How many ${what} have each status` }),
    sums: z.array(
      z.strictObject({
        network: z.string(),
        token: z.string(),
        status: z.enum(paymentStatuses),
        count: whole,
        amount: z
          .string()
          .nullable()
          .meta({ description: 'Sum of the prices, decimal; null when the decimals of the token are not known' }),
        baseUnits: z.string().meta({ description: 'The same in base units of the token' }),
      }),
    ),
  });
const stats = envelope(
  z
    .strictObject({
      asOf: time,
      payments: side('payments'),
      payouts: side('payouts'),
    })
    .meta({ id: 'PaymentStats' }),
);

export const paymentStats = endpoint({
  operation: 'GET /api/payment/stats',
  summary: 'Count the payments of each status and sum their prices by network and token',
  description: "Buyers see what they buy, sellers what they sell, operators everybody's, some seconds old.",
  answer: stats,
  problems: ['report_too_large'],
});

export const paymentStatsOfUser = endpoint({
  operation: 'GET /api/payment/stats/:userId',
  summary: 'The same of one user, as buyer and as seller',
  description: 'For the user himself and for operators.',
  params: z.strictObject({ userId: identifier }),
  answer: stats,
  problems: ['report_too_large'],
});

const exportQuery = z.strictObject({
  ...paymentFilters,
  status: anyStatus,
  format: z.enum(['json', 'csv']).default('json'),
});
const exported = {
  query: exportQuery,
  answer: z.strictObject({
    success: z.literal(true),
    data: z.array(anyPaymentDocument),
    count: whole.meta({ description: 'Of `data`; it stands at the end, so a file with it is whole' }),
  }),
  csv: z.string().meta({
    description:
      'RFC 4180, UTF-8: a row each with the same fields flat, what has parts as JSON. A cell that a spreadsheet could take for a formula has an ' +
      'apostrophe in front; scripts/readExport.ts takes it off again.',
  }),
};
const howExported =
  'All statuses unless `status` names some, newest first; what is opened meanwhile is not in it. The answer is streamed: one that breaks off has no end ' +
  '(JSON lacks its `count`, CSV the last chunk of its transfer) and must be asked for again. Nobody runs more than two at a time.';

export const exportPayments = endpoint({
  operation: 'GET /api/payment/export',
  summary: "Download the caller's payments as JSON or CSV",
  description: howExported,
  ...exported,
});

export const exportPaymentsOfUser = endpoint({
  operation: 'GET /api/payment/export/:userId',
  summary: "Download one user's payments, as buyer and as seller",
  description: `For the user himself and for operators. ${howExported}`,
  params: z.strictObject({ userId: identifier }),
  ...exported,
});
