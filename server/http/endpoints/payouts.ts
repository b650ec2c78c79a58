import { z } from 'zod';
import { endpoint, envelope } from '../endpoint.ts';
import {
  address,
  amount,
  externalId,
  identifier,
  metadata,
  network,
  paymentId,
  time,
  token,
  txHash,
} from '../schemas/fields.ts';
import { openedPayout, payoutProblems } from '../schemas/openedPayout.ts';
import { payoutDocument } from '../schemas/paymentDocument.ts';

const success = z.literal(true);

export const postPayout = endpoint({
  operation: 'POST /api/payment/shkeeper/payout',
  summary: 'Pay what is owed to the seller, or the buyer, of a request through the provider',
  description:
    'Without `owedTo` the seller is paid. A seller without a payout address is owed what the treasury received for him; a buyer without a refund address what came back to the ' +
    "platform's refund wallet, and what the provider holds of a payment that is over or whose way into the escrow is dead. `recipientAddress` is the word of the party, which an admin has checked. To an address that the terms of the payment do not name no more goes than PAYOUT_MOST at once and PAYOUT_MOST_PER_DAY in 24 hours, and from a key nothing unless it is listed. What an admin orders above that is refused with an `approvalHash` and the words of the `payout`; once another admin has approved them the same order goes through.",
  body: z.strictObject({
    purchaseRequestId: identifier,
    sellerOfferId: identifier,
    buyerId: identifier,
    sellerId: identifier,
    // The seller without it. No default: a key's call is compared by what was read of it, and what came before this field has none.
    owedTo: z.enum(['seller', 'buyer']).exactOptional(),
    amount,
    recipientAddress: address,
    token: token.default('USDT'),
    network: network.default('bsc'),
    metadata: metadata.exactOptional(),
  }),
  answer: openedPayout,
  problems: [...payoutProblems, 'payout_destination_refused'],
});

export const payoutStatus = endpoint({
  operation: 'GET /api/payment/shkeeper/payout/status/:taskId',
  summary: 'Read the state of a payout by its payout id or task id',
  params: z.strictObject({ taskId: externalId }),
  answer: z.strictObject({ success, data: payoutDocument }),
});

export const resolvePayout = endpoint({
  operation: 'POST /api/payment/shkeeper/payout/:externalId/resolve',
  summary: 'End a payout whose outcome no machine can prove',
  params: z.strictObject({ externalId }),
  body: z.strictObject({ outcome: z.enum(['sent', 'notSent']), txHash: txHash.exactOptional() }),
  answer: z.strictObject({ success, data: z.strictObject({ payoutId: z.string(), status: z.string() }) }),
  problems: [
    'payout_not_open',
    'illegal_transition',
    'transaction_mismatch',
    'transaction_already_used',
    'transaction_not_mined',
    'transaction_reverted',
    'escrow_not_final',
    'provider_failed',
    'chain_unavailable',
  ],
});

export const approvePayout = endpoint({
  operation: 'POST /api/payment/v1/payout-approvals',
  summary: "Approve another admin's payout above the limits",
  description:
    'The words are those of `payout` in the refusal `payout_over_limit` that the proposer got, and the hash is its `approvalHash`; hash and words have to be the same payout. ' +
    'The proposer then orders again, unchanged, within an hour. Approving it again is the same approval.',
  body: z.strictObject({
    paymentId,
    amount,
    token,
    network,
    destination: address,
    owedTo: z.enum(['seller', 'buyer']),
    proposerId: identifier,
    approvalHash: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits in lower case'),
  }),
  answer: envelope(
    z.strictObject({ approvalHash: z.string(), approvedBy: z.string(), approvedAt: time, expiresAt: time }),
  ),
  problems: ['not_found', 'payout_approval_own', 'payout_approval_mismatch'],
});
