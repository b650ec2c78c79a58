import { z } from 'zod';
import { endpoint, envelope } from '../endpoint.ts';
import { address, amount, amountOrZero, paymentId, txHash } from '../schemas/fields.ts';
import { escrowStateWord, statusWord } from '../schemas/paymentDocument.ts';

const params = z.strictObject({ id: paymentId });
/** The contract has at most 8 seats (EscrowSeats); room for repeats, which are ignored. */
const signaturesMax = 20;
const signatureHex = z.string().regex(/^0x[0-9a-fA-F]{130}$/, 'must be 65 bytes as hex');
const contractSignature = z.strictObject({
  signer: address,
  data: z.string().regex(/^0x(?:[0-9a-fA-F]{2}){1,4096}$/, 'must be bytes as hex'),
});
const body = z
  .strictObject({
    amount: amount.exactOptional(),
    toSeller: amountOrZero.exactOptional(),
    toBuyer: amountOrZero.exactOptional(),
    signatures: z
      .array(z.union([signatureHex, contractSignature]))
      .max(signaturesMax)
      .exactOptional(),
  })
  .refine((given) => given.amount === undefined || (given.toSeller ?? given.toBuyer) === undefined, {
    message: 'give either amount, or toSeller and toBuyer',
    path: ['amount'],
  });

const transaction = z.strictObject({
  to: z.string(),
  data: z.string(),
  value: z.string(),
  chainId: z.number().int(),
});
const decimal = z.string().meta({ description: 'Exact decimal string', examples: ['99.5'] });
const beside = { remains: decimal, token: z.string(), network: z.string() };
const payload = z
  .strictObject({
    kind: z.literal('settlement'),
    typedData: z.looseObject({}).meta({ description: 'EIP-712: domain, types, primaryType, message' }),
    digest: z.string(),
    threshold: z.number().int(),
    settleSeq: z.number().int(),
    validUntil: z.number().int().meta({ description: 'Unix seconds' }),
    toSeller: decimal,
    toBuyer: decimal,
    ...beside,
    signers: z.array(z.string()),
    signedBy: z.array(z.string()),
    missing: z.number().int(),
    transaction: transaction.nullable(),
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
    settlement: z.strictObject({ state: z.enum(['seen', 'final']), txHash: z.string() }),
  }),
);
const prepareProblems = [
  'not_funded',
  'escrow_forwarding',
  'escrow_not_final',
  'settlement_open',
  'unknown_signer',
  'already_final',
  'amount_exceeds_balance',
  'refund_address_missing',
  'refund_waits',
  'risk_hold',
] as const;
const confirmProblems = [
  'transaction_not_mined',
  'transaction_reverted',
  'transaction_foreign_contract',
  'transaction_other_payment',
  'transaction_mismatch',
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
