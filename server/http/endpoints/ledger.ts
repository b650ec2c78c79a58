import { z } from 'zod';
import { comparisons } from '../../domain/reconciliation.ts';
import { endpoint, envelope } from '../endpoint.ts';
import { afterSeq, identifier, nights, pageLimit, paymentId, time } from '../schemas/fields.ts';

const baseUnits = z
  .string()
  .meta({ description: 'The same in base units of the token', examples: ['99000000000000000000'] });
const money = {
  network: z.string(),
  token: z.string().meta({ description: 'Symbol, or the address of a token that is not listed' }),
  amount: z.string().nullable().meta({ description: 'Decimal; null when the decimals of the token are not known' }),
  baseUnits,
};
const balance = z.strictObject({ account: z.string(), ...money }).meta({ id: 'LedgerBalance' });

export const paymentLedger = endpoint({
  operation: 'GET /api/payment/:id/ledger',
  summary: 'Read what a payment posted: its balances, and its statement step by step',
  description:
    'Balances are summed from all steps up to `asOfSeq`. The statement lists the steps after `after` that posted legs, `limit` of them, each with ' +
    'what its accounts hold afterwards within this payment; `nextAfter` is where the next page begins.',
  params: z.strictObject({ id: paymentId }),
  query: z.strictObject({ after: afterSeq, limit: pageLimit }),
  answer: envelope(
    z.strictObject({
      paymentId: z.string(),
      asOfSeq: z.number().int(),
      balances: z.array(balance),
      statement: z.array(
        z.strictObject({
          seq: z.number().int(),
          kind: z.string().meta({ description: 'The signal that caused it' }),
          at: time,
          actor: z.string(),
          legs: z.array(
            z.strictObject({
              account: z.string(),
              ...money,
              balance: money.amount.meta({ description: 'What the account holds after this leg' }),
              balanceBaseUnits: baseUnits,
            }),
          ),
        }),
      ),
      nextAfter: z.number().int(),
    }),
  ),
});

export const partyLedger = endpoint({
  operation: 'GET /api/payment/ledger/parties/:userId',
  summary: 'Read the balances of one buyer or seller over all payments',
  description:
    'What a user paid (`buyer:<id>`, below zero), was paid and got back, and what is owed to him. `open` names the payments that something is owed ' +
    'for, at most a hundred of `openTotal`. The user `unknown` is the one whose money belongs to nobody.',
  params: z.strictObject({ userId: identifier }),
  answer: envelope(
    z.strictObject({
      userId: z.string(),
      balances: z.array(balance),
      open: z.array(balance),
      openTotal: z.number().int(),
    }),
  ),
  problems: ['report_too_large'],
});

const maybe = z.string().nullable();

export const listReconciliations = endpoint({
  operation: 'GET /api/payment/ledger/reconciliation',
  summary: 'Read what the nightly comparisons of books, provider and chain found, newest first',
  description:
    'Every row says what the books expect, what was found, and for a difference the likely reason; docs/operations/ledger.md explains them. ' +
    '`unknown` means that a side could not be read.',
  query: z.strictObject({ limit: nights }),
  answer: envelope(
    z.array(
      z.strictObject({
        night: z.string(),
        startedAt: time,
        finishedAt: time,
        differences: z.number().int(),
        networks: z.array(
          z.strictObject({
            network: z.string(),
            block: z
              .number()
              .int()
              .nullable()
              .meta({ description: 'Compared as of this block; null when the chain was not read' }),
            addresses: z.number().int(),
          }),
        ),
        rows: z.array(
          z.strictObject({
            comparison: z.enum(comparisons),
            network: money.network,
            token: money.token,
            outcome: z.enum(['agrees', 'differs', 'unknown']),
            reason: z.string(),
            expected: maybe,
            found: maybe,
            difference: maybe,
            differenceBaseUnits: maybe,
          }),
        ),
      }),
    ),
  ),
});

export const trialBalance = endpoint({
  operation: 'GET /api/payment/ledger/trial-balance',
  summary: 'Sum all accounts by their kind, asset by asset',
  description:
    'Reads the whole log, so nobody asks for it often. `balanced` says that an asset sums to zero, as it always must.',
  answer: envelope(
    z.strictObject({
      asOf: time,
      balanced: z.boolean(),
      assets: z.array(
        z.strictObject({
          network: money.network,
          token: money.token,
          balanced: z.boolean(),
          total: money.amount,
          totalBaseUnits: baseUnits,
          kinds: z.array(
            z.strictObject({
              kind: z.string(),
              place: z.enum(['contract', 'provider', 'treasury', 'refunds', 'outside', 'unknown']).meta({
                description: 'Where the money lies; `unknown` for an account that the books do not have',
              }),
              amount: money.amount,
              baseUnits,
            }),
          ),
        }),
      ),
    }),
  ),
  problems: ['report_too_large'],
});
