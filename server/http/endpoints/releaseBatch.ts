import { z } from 'zod';
import { batchMax, namedOnce } from '../../commands/rules/batch.ts';
import { errorCodes } from '../../errors.ts';
import { endpoint, envelope } from '../endpoint.ts';
import { amount, paymentId, txHash } from '../schemas/fields.ts';
import { escrowStateWord, statusWord } from '../schemas/paymentDocument.ts';
import {
  broadcastMark,
  decimal,
  safeAnswer,
  signatures,
  signedFields,
  transaction,
  typedData,
  unixSeconds,
} from '../schemas/settlementFields.ts';

const repeated = 'must name each payment once';

const body = z.strictObject({
  items: z
    .array(z.strictObject({ paymentId, amount: amount.exactOptional() }))
    .min(1)
    .max(batchMax)
    .refine((items) => namedOnce(items.map((item) => item.paymentId)), repeated)
    .meta({
      description:
        'Without an amount all that is left of the price is released, or the payment refused while another settlement of it is open.',
    }),
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
    ...signedFields,
    transactions: z
      .strictObject({
        settleBatch: transaction.meta({ description: 'All items or none' }),
        settleBatchReport: transaction.meta({ description: 'Each item on its own; one that fails stays as it is' }),
      })
      .nullable(),
    safe: safeAnswer,
  })
  .meta({ id: 'BatchPayload' });

const after = { paymentId: z.string(), status: statusWord, escrowState: escrowStateWord };
const confirmed = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('settled'),
    ...after,
    settlement: broadcastMark,
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
    'A batch with payments that cannot be released is refused by batch_refused, whose `items` name each of them with its code; none is prepared ' +
    'then. Payments that change in that very moment are named in the same way, and `prepared` names the others, which stay prepared. A disputed ' +
    'payment is released by itself. Signatures over a batch are not kept: send all of them in one call, with the same items.',
  body,
  answer: envelope(batch),
  problems: ['batch_refused', 'unknown_signer', 'signature_refused', 'network_not_supported', 'chain_unavailable'],
});
export const confirmReleaseBatch = endpoint({
  operation: 'POST /api/payment/shkeeper/release-batch/confirm',
  summary: 'Name the broadcast batch; the contract decides payment by payment',
  body: z.strictObject({
    paymentIds: z.array(paymentId).min(1).max(batchMax).refine(namedOnce, repeated),
    txHash,
  }),
  answer: envelope(z.strictObject({ items: z.array(confirmed) })),
  problems: [
    'transaction_not_mined',
    'transaction_reverted',
    'transaction_foreign_contract',
    'network_not_supported',
    'chain_unavailable',
  ],
});
