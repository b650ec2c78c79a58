import { z } from 'zod';
import { batchMax } from '../../commands/rules/batch.ts';
import { errorCodes } from '../../errors.ts';
import { endpoint, envelope } from '../endpoint.ts';
import { amount, paymentId, txHash } from '../schemas/fields.ts';
import { escrowStateWord, statusWord } from '../schemas/paymentDocument.ts';
import { decimal, safeFile, signatures, transaction, typedData, unixSeconds } from '../schemas/settlementFields.ts';

const once = (ids: readonly string[]) => new Set(ids).size === ids.length;
const repeated = 'must name each payment once';

const body = z.strictObject({
  items: z
    .array(z.strictObject({ paymentId, amount: amount.exactOptional() }))
    .min(1)
    .max(batchMax)
    .refine((items) => once(items.map((item) => item.paymentId)), repeated)
    .meta({ description: 'Without an amount all that is left of the price is released.' }),
  signatures: signatures.exactOptional(),
  safe: z
    .enum(['settleBatch', 'settleBatchReport'])
    .exactOptional()
    .meta({ description: "Also answer this call as a file for Safe's Transaction Builder." }),
});

const item = z.strictObject({
  paymentId: z.string(),
  settleSeq: z.number().int(),
  toSeller: decimal,
  toBuyer: decimal,
  validUntil: unixSeconds,
  remains: decimal,
  token: z.string(),
});
const batch = z
  .strictObject({
    kind: z.literal('batch'),
    typedData,
    digest: z.string(),
    network: z.string(),
    threshold: z.number().int(),
    validUntil: unixSeconds.meta({ description: 'When the first item ends, unix seconds' }),
    items: z.array(item),
    signers: z.array(z.string()),
    signedBy: z.array(z.string()),
    missing: z.number().int(),
    transactions: z
      .strictObject({
        settleBatch: transaction.meta({ description: 'All items or none' }),
        settleBatchReport: transaction.meta({ description: 'Each item on its own; one that fails stays as it is' }),
      })
      .nullable(),
    safe: safeFile
      .nullable()
      .optional()
      .meta({ description: 'Only when asked for; null until there is a transaction' }),
  })
  .meta({ id: 'BatchPayload' });

const after = { paymentId: z.string(), status: statusWord, escrowState: escrowStateWord };
const confirmed = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('settled'),
    ...after,
    settlement: z.strictObject({ state: z.enum(['seen', 'final']), txHash: z.string() }),
  }),
  z.strictObject({
    outcome: z.literal('failed'),
    ...after,
    reason: z.string().nullable().meta({ description: "The contract's error, e.g. WrongSeq" }),
  }),
  z.looseObject({
    outcome: z.literal('refused'),
    paymentId: z.string(),
    code: z.enum(errorCodes),
    message: z.string(),
  }),
]);

export const prepareReleaseBatch = endpoint({
  operation: 'POST /api/payment/shkeeper/release-batch',
  summary:
    'Prepare the release of up to 50 payments under one signature, or give the signatures and get the transactions',
  description:
    'All payments or none: a batch with payments that cannot be released is refused by batch_refused, whose `items` name each of them with its ' +
    'code. Signatures over a batch are not kept: send all of them in one call, with the same items.',
  body,
  answer: envelope(batch),
  problems: ['batch_refused', 'unknown_signer', 'signature_refused', 'chain_unavailable'],
});
export const confirmReleaseBatch = endpoint({
  operation: 'POST /api/payment/shkeeper/release-batch/confirm',
  summary: 'Name the broadcast batch; the contract decides payment by payment',
  body: z.strictObject({
    paymentIds: z.array(paymentId).min(1).max(batchMax).refine(once, repeated),
    txHash,
  }),
  answer: envelope(z.strictObject({ items: z.array(confirmed) })),
  problems: ['transaction_not_mined', 'transaction_reverted', 'transaction_foreign_contract', 'chain_unavailable'],
});
