import { z } from 'zod';
import { endpoint, envelope } from '../endpoint.ts';
import { address, amount, identifier, metadata, network, paymentId, token, txHash } from '../schemas/fields.ts';
import { openedPayout, payoutProblems } from '../schemas/openedPayout.ts';
import { shownPayment } from '../schemas/publicPayment.ts';
import { intentDocument } from './intents.ts';

const success = z.literal(true);
/** A client's word of a status, in whatever words it knows; nothing is done for it. */
export const statusHint = z
  .string()
  .regex(/^[A-Za-z_-]{1,32}$/, 'must be a word')
  .meta({ description: 'A hint that starts a look; never obeyed' });
export const accepted = z
  .literal('hint')
  .meta({ description: 'Nothing that was said has been believed; the status is what the chain proved' });
const tokenOrAddress = z.union([token, address]);
const whole = z.number().int().nonnegative();

export const savePayment = endpoint({
  operation: 'POST /api/payment/decentralized/save',
  summary: 'Record a payment that a wallet makes by itself',
  description:
    'The stored request and offer say who pays whom how much; every field that contradicts them is refused. The payment is always pending, and is paid by a ' +
    'transfer to the address of the answer. `transactionHash` is a hint that the chain decides. The same body names the same payment again. Without ' +
    '`sellerOfferId` the selected offer is meant, or the only open one that fits.',
  body: z.strictObject({
    purchaseRequestId: identifier,
    sellerOfferId: identifier.exactOptional(),
    buyerId: identifier,
    sellerId: identifier.exactOptional(),
    amount,
    currency: token.exactOptional(),
    transactionHash: txHash.exactOptional(),
    network: network.exactOptional(),
    token: tokenOrAddress.exactOptional(),
    walletAddress: address.exactOptional(),
    metadata: metadata.exactOptional(),
  }),
  answer: envelope(
    intentDocument
      .extend({ accepted, transactionHash: z.string().nullable().meta({ description: 'The hint as it was kept' }) })
      .meta({ id: 'SavedPayment' }),
  ),
  problems: [
    'not_found',
    'offer_mismatch',
    'transaction_already_used',
    'request_already_funded',
    'request_closed',
    'offer_not_open',
    'too_many_attempts',
    'too_many_unpaid',
    'network_not_supported',
    'chain_unavailable',
  ],
});

const hinted = z.strictObject({ success, accepted, message: z.string(), ...shownPayment });

export const updateDecentralized = endpoint({
  operation: 'PUT /api/payment/decentralized/update',
  summary: 'Say that something happened to a payment; the chain is looked at, and nothing else is done',
  description: '`status` and `confirmations` are hints. A buyer cancels by PUT /api/payment/:id.',
  body: z.strictObject({ paymentId, status: statusHint, confirmations: whole.exactOptional() }),
  answer: hinted,
  problems: ['not_found', 'chain_unavailable'],
});

export const verifyDecentralized = endpoint({
  operation: 'POST /api/payment/decentralized/verify/:paymentId',
  summary: 'Have a payment compared with the chain',
  description:
    'Anybody may ask; one look serves everybody who asks within two seconds, and the provider is asked only for those who are part of the payment. A ' +
    '`transactionHash` is kept only when the token of a party comes with it: a look finds every transfer without it.',
  params: z.strictObject({ paymentId }),
  body: z.strictObject({ transactionHash: txHash.exactOptional() }),
  answer: hinted,
  problems: ['chain_unavailable'],
});

export const verifyAllPending = endpoint({
  operation: 'POST /api/payment/decentralized/verify-all-pending',
  summary: 'Have a batch of open payments compared with the chain, oldest first',
  description:
    'One batch at a time in a process; a second call meanwhile is refused. The server looks at open payments by itself as well: this only brings it forward.',
  body: z.strictObject({
    limit: z.number().int().min(1).max(100).default(25),
    cursor: z.string().max(200).exactOptional(),
  }),
  answer: z.strictObject({
    success,
    data: z.strictObject({
      scanned: whole,
      completed: whole,
      stillPending: whole,
      failed: whole,
      unchecked: whole.meta({ description: 'Could not be looked at, as when no node answers' }),
      nextCursor: z.string().nullable(),
    }),
    message: z.string(),
  }),
  problems: ['already_running'],
});

export const adminPayout = endpoint({
  operation: 'POST /api/payment/decentralized/admin-payout',
  summary: 'Pay what the platform owes the seller of a request',
  description:
    'Sent by the provider like every payout: the server holds no key of a wallet. Money in the escrow contract is not paid like this but released. ' +
    'Without an Idempotency-Key the same order is the same payout; one that failed may be ordered again. ' +
    'The limits of payouts hold (PAYOUT_MOST, PAYOUT_MOST_PER_DAY); above them another admin approves it.',
  body: z.strictObject({
    purchaseRequestId: identifier,
    receiverWalletAddress: address,
    amount,
    currency: token.default('USDT'),
    network: network.default('bsc'),
  }),
  answer: openedPayout,
  problems: payoutProblems,
});
