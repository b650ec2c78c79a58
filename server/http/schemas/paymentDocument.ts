import { z } from 'zod';
import { payoutStages } from '../../domain/payout.ts';
import { escrowStates, flags, paymentStatuses, rails } from '../../domain/state.ts';
import { time } from './fields.ts';

const decimal = z.string().meta({ description: 'Exact decimal string', examples: ['100.5'] });
const address = z.string().meta({ description: 'EIP-55 address' });
const hash = z.string().meta({ description: '0x and 64 hex digits' });

export const statusWord = z.enum(paymentStatuses).meta({ id: 'PaymentStatus' });
export const escrowStateWord = z.enum(escrowStates).meta({ id: 'EscrowState' });
export const custodyWord = z.enum(['none', 'provider', 'contract']).meta({ id: 'Custody' });
const exceptionWord = z.enum(['none', ...flags]).meta({ id: 'PaymentException' });

/** Where, how much and until when to pay: one receiver for one payment. */
export const payTo = z
  .strictObject({
    address: address.nullable(),
    amount: decimal,
    network: z.string(),
    token: z.string(),
    tokenAddress: address,
    chainId: z.number().int(),
  })
  .meta({ id: 'PayTo' });

/** The escrow contract's terms of a payment; amounts in base units, times in unix seconds. */
export const terms = z
  .strictObject({
    buyer: address,
    seller: address,
    token: address,
    amount: z.string(),
    fundBy: z.string(),
    deliverBy: z.string(),
    inspection: z.string(),
    feeBps: z.string(),
    disputeSellerBps: z.string(),
    milestonesHash: hash,
    refundTo: address,
    ref: hash,
  })
  .meta({ id: 'EscrowTerms' });

const settlement = z.strictObject({
  state: z.enum(['open', 'seen']),
  kind: z.enum(['release', 'refund', 'split']),
  settleSeq: z.number().int(),
  toSeller: decimal,
  toBuyer: decimal,
  validUntil: time,
  digest: hash,
  signedBy: z.array(address),
  txHash: hash.nullable(),
});
const transaction = z.strictObject({
  txHash: hash,
  receiver: address,
  network: z.string(),
  tokenAddress: address,
  amount: decimal.nullable(),
  blockNumber: z.number().int(),
  blockTime: time,
  purpose: z.enum(['payment', 'forward', 'surplusForward']),
  onTime: z.boolean(),
  confirmed: z.boolean(),
});
const payout = z.strictObject({
  payoutId: z.string(),
  amount: decimal,
  destination: address.optional().meta({ description: 'Only for operators' }),
  outcome: z.enum(['open', 'succeeded', 'failed']),
});
const machine = z.strictObject({
  externalId: z.string(),
  stage: z.enum(payoutStages),
  amount: decimal,
  destination: address.optional().meta({ description: 'Only for operators' }),
  taskId: z.string().nullable(),
  txHash: hash.nullable(),
  reason: z.string().nullable(),
});

const common = {
  id: z.string(),
  _id: z.string(),
  paymentId: z.string(),
  seq: z.number().int().meta({ description: 'Version: the sequence number of the newest transition' }),
  status: statusWord,
  escrowState: escrowStateWord,
  exception: exceptionWord,
  flags: z.array(z.enum(flags)),
  failureReason: z.string().nullable(),
  provider: z.string(),
  purchaseRequestId: z.string(),
  sellerOfferId: z.string(),
  buyerId: z.string(),
  sellerId: z.string(),
  amount: z.number().meta({ description: 'Rendered copy of amountExact' }),
  amountExact: decimal,
  currency: z.string(),
  token: z.string(),
  network: z.string(),
  blockchain: z.strictObject({ network: z.string(), token: z.string() }),
  externalId: z.string().nullable(),
  metadata: z
    .record(z.string(), z.unknown())
    .nullable()
    .meta({ description: 'Null for all but the buyer and operators' }),
  createdAt: time,
  updatedAt: time,
};

/** A payment of a buyer, as its parties and operators see it. */
export const paymentDocument = z
  .strictObject({
    ...common,
    direction: z.literal('in'),
    rail: z.enum(rails),
    custody: custodyWord,
    receivedAmount: decimal,
    releasedAmount: decimal,
    refundedAmount: decimal,
    feeAmount: decimal,
    creditedAmount: decimal.meta({
      description:
        'Part of what was released or refunded that its receiver did not take: the contract keeps it for him',
      examples: ['0'],
    }),
    delivered: z.boolean().meta({ description: 'The seller marked the order as delivered on the chain' }),
    payTo,
    paymentUrl: z.string(),
    expiresAt: time,
    transactionHash: hash.nullable(),
    termsId: hash,
    vault: address,
    terms,
    settlement: settlement.nullable(),
    forward: machine.nullable(),
    transactions: z.array(transaction),
    payouts: z.array(payout),
  })
  .meta({ id: 'Payment' });

/** A payout: money sent out of a payment through the provider. */
export const payoutDocument = z
  .strictObject({
    ...common,
    direction: z.literal('out'),
    custody: custodyWord,
    taskId: z.string(),
    sourcePaymentId: z.string(),
    payout: machine,
  })
  .meta({ id: 'Payout' });

export const anyPaymentDocument = z.union([paymentDocument, payoutDocument]);
export type PaymentDocument = z.output<typeof paymentDocument>;
export type PayoutDocument = z.output<typeof payoutDocument>;
