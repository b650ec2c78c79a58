import { z } from 'zod';
import { endpoint, envelope } from '../endpoint.ts';
import { amount, amountOrZero, paymentId, txHash } from '../schemas/fields.ts';
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

const params = z.strictObject({ id: paymentId });
const body = z
  .strictObject({
    amount: amount.exactOptional(),
    toSeller: amountOrZero.exactOptional(),
    toBuyer: amountOrZero.exactOptional(),
    signatures: signatures.exactOptional(),
    safe: z
      .boolean()
      .exactOptional()
      .meta({ description: "Also answer the transaction as a file for Safe's Transaction Builder." }),
  })
  .refine((given) => given.amount === undefined || (given.toSeller ?? given.toBuyer) === undefined, {
    message: 'give either amount, or toSeller and toBuyer',
    path: ['amount'],
  });

const beside = { remains: decimal, token: z.string(), network: z.string() };
const payload = z
  .strictObject({
    kind: z.literal('settlement'),
    typedData,
    digest: z.string(),
    threshold: z.number().int(),
    settleSeq: z.number().int(),
    validUntil: unixSeconds,
    toSeller: decimal,
    toBuyer: decimal,
    ...beside,
    ...signedFields,
    transaction: transaction.nullable(),
    safe: safeAnswer,
  })
  .meta({ id: 'SettlementPayload' });
const payout = z.strictObject({
  kind: z.literal('payout'),
  payoutId: z.string(),
  externalId: z.string(),
  status: z.string(),
  ...beside,
});
const prepared = envelope(z.union([payload, payout]));
const confirmed = envelope(
  z.strictObject({
    status: statusWord,
    escrowState: escrowStateWord,
    settlement: broadcastMark,
  }),
);
const prepareProblems = [
  'not_funded',
  'escrow_forwarding',
  'escrow_not_final',
  'settlement_open',
  'no_open_settlement',
  'unknown_signer',
  'signature_refused',
  'already_final',
  'amount_exceeds_balance',
  'refund_address_missing',
  'refund_waits',
  'risk_hold',
  'network_not_supported',
  'chain_unavailable',
] as const;
const confirmProblems = [
  'transaction_not_mined',
  'transaction_reverted',
  'transaction_foreign_contract',
  'transaction_other_payment',
  'transaction_mismatch',
  'transaction_already_used',
  'network_not_supported',
  'chain_unavailable',
] as const;
const confirmBody = z.strictObject({ txHash });

export const prepareRelease = endpoint({
  operation: 'POST /api/payment/shkeeper/:id/release',
  summary: "Prepare the escrow's release to the seller, or add signatures to it",
  params,
  body,
  answer: prepared,
  problems: prepareProblems,
});
export const prepareRefund = endpoint({
  operation: 'POST /api/payment/shkeeper/:id/refund',
  summary: 'Prepare the return of the money to the buyer, or add signatures to it',
  params,
  body,
  answer: prepared,
  problems: prepareProblems,
});
export const confirmRelease = endpoint({
  operation: 'POST /api/payment/shkeeper/:id/release/confirm',
  summary: 'Name the broadcast release; the contract decides',
  params,
  body: confirmBody,
  answer: confirmed,
  problems: confirmProblems,
});
export const confirmRefund = endpoint({
  operation: 'POST /api/payment/shkeeper/:id/refund/confirm',
  summary: 'Name the broadcast refund; the contract decides',
  params,
  body: confirmBody,
  answer: confirmed,
  problems: confirmProblems,
});
