import { z } from 'zod';
import type { ZodOpenApiExampleObject } from 'zod-openapi';
import { AppError, type ErrorCode, errorCodes } from '../errors.ts';
import { problemOf } from './errorHandler.ts';
import { apiVersions, versionHeader } from './middleware/apiVersion.ts';

/** Problem details (RFC 9457) as the OpenAPI file describes them. */
export const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    success: z.literal(false),
    message: z.string(),
    code: z.enum(errorCodes),
    requestId: z.string(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })),
    items: z
      .array(z.looseObject({ paymentId: z.string(), code: z.enum(errorCodes), message: z.string() }))
      .optional()
      .meta({
        description: 'Of batch_refused: the payments that cannot take part, each with the details of its own code',
      }),
    approvalHash: z
      .string()
      .optional()
      .meta({ description: 'Of payout_over_limit: what another admin may approve; `payout` says it in words' }),
    prepared: z
      .array(z.string())
      .optional()
      .meta({ description: 'Of batch_refused: the payments that stay prepared nevertheless' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details with the members older clients read' });

/** One answer of each code, in the words of the place that gives it; test/house/refusals.test.ts holds them to the sources. */
const sentences: Readonly<Record<ErrorCode, string>> = {
  validation_failed: 'amount must be a positive amount with at most 18 decimals.',
  malformed_json: 'The body is not valid JSON.',
  malformed_request: 'This is not a request of HTTP/1.1.',
  request_timeout: 'The request did not arrive in time.',
  headers_too_large: 'The headers are larger than 16 kB.',
  unknown_version: `${versionHeader} names no version that is spoken here: ${apiVersions.join(', ')}.`,
  precondition_failed: 'It has changed since: its version is 4 now. Read it again.',
  payload_too_large: 'The body is larger than this route takes.',
  unsupported_media_type: 'The charset of the body is not supported.',
  not_authenticated: 'Send a bearer token in the Authorization header.',
  login_refused: 'The name or the password is wrong.',
  code_required: 'This user has a second factor: send its `code`, or a backup code, as well.',
  session_ended: 'This session has ended; log in again.',
  invalid_signature: 'The signature of this delivery is not valid.',
  forbidden: 'This is not open to the role buyer.',
  code_refused: 'This code is wrong, too old, or was used before; wait for the next one.',
  step_up_required:
    "This needs a second factor of the last 5 minutes: send a code to POST /api/payment/v1/sessions/step-up and repeat with the token it answers; a token of the marketplace needs `auth_time` and `amr` with 'mfa' or 'otp'.",
  second_factor_missing: 'This user has no second factor yet: begin at POST /api/payment/v1/second-factor.',
  not_found: 'There is no such payment.',
  offer_mismatch: 'amount differs from the offer, which says 25.5; 20 was sent.',
  request_closed: 'This request takes no more offers.',
  request_already_funded: 'another payment funded this request',
  offer_not_open: 'This offer cannot be selected any more.',
  too_many_offers: 'You have as many offers on this request as one seller may have.',
  too_many_attempts: 'This offer was tried too often; ask its seller for a new one.',
  too_many_unpaid:
    'This buyer has 50 payments that he did not pay and that are still watched; pay one of them, or wait until the oldest is not watched any more.',
  network_not_supported: 'DOGE on bsc is not offered.',
  refund_address_missing: 'The buyer gave no address that a refund could go to.',
  refund_waits: 'The vault holds less than the price; it can be recovered after a deadline.',
  escrow_forwarding: 'The money is on its way into the escrow; ask again in a moment.',
  escrow_not_final: 'the price is not yet final on the chain',
  settlement_open: 'Another settlement of this payment is prepared and not over yet.',
  no_open_settlement: 'Nothing is prepared that these signatures could be for.',
  unknown_signer: 'A signature is not of one of the escrow contract’s signers over this payload.',
  signature_refused: 'The contract that is to sign does not take this signature of the payload.',
  batch_refused: '1 of 2 payments cannot be released now; the batch is refused as a whole.',
  not_funded: 'The payment is not funded.',
  already_final: 'The payment is released.',
  illegal_transition: 'cancelRequested is refused while the payment is completed',
  amount_exceeds_balance: 'The provider holds less than that for this payment.',
  too_close_to_delivery: 'the terms end too soon for this payment to be delivered',
  risk_hold: 'Screening holds this payment.',
  transaction_not_mined: 'The transaction is not mined yet.',
  transaction_reverted: 'The transaction was reverted.',
  transaction_foreign_contract: 'The transaction did not go through this escrow contract.',
  transaction_other_payment: 'The transaction settles another payment, or none.',
  transaction_mismatch: 'The transaction is not the prepared settlement.',
  transaction_already_used: 'This transaction already belongs to another payment.',
  payout_not_open: 'This payout has ended already.',
  payout_over_limit:
    'No more than 1000 USDT on bsc at once goes to an address that is not in the terms of its payment: have another admin approve it by POST /api/payment/v1/payout-approvals, with the words of `payout` and the `approvalHash` of this answer, and order it again unchanged within the hour.',
  payout_destination_refused:
    'A key pays only to an address in the terms of the payment or in PAYOUT_KEY_DESTINATIONS; to another one an admin pays.',
  payout_approval_own: 'Nobody approves a payout of his own; ask another admin.',
  payout_approval_mismatch:
    'These words are not what the hash stands for, or another payout of the payment came between; have the proposer order again, and compare what he is answered.',
  payout_approval_expired:
    'The approval of this payout has ended: have another admin approve it by POST /api/payment/v1/payout-approvals, with the words of `payout` and the `approvalHash` of this answer, and order it again unchanged within the hour.',
  payout_approval_used:
    'This approval has opened its payout; order again, and have the hash of that answer approved, if another one is meant.',
  already_running: 'A batch is being looked at; repeat when it has ended.',
  idempotency_key_reused: 'This Idempotency-Key was used for another request; take a new one.',
  idempotency_key_in_use: 'The first request with this Idempotency-Key is still running.',
  too_many_keys: 'There are as many live keys as there may be; revoke one.',
  secret_already_shown:
    'The first call with this Idempotency-Key issued the key, and its secret is shown only once; revoke that key and issue another.',
  rate_limited: 'Too many requests; the RateLimit header says when to go on.',
  provider_failed: 'The provider gave an address that already belongs to another payment.',
  chain_unavailable: 'No node of bsc answers.',
  busy: 'The database cannot be reached right now; repeat unchanged.',
  report_too_large: 'There are too many payments to be summed while somebody waits.',
  not_ready: 'Not ready: chain.',
  internal_error: 'Something went wrong on our side; the request id finds it in our logs.',
};

const paymentId = '6561f0c2a1b2c3d4e5f60718';
const details: Partial<Record<ErrorCode, Record<string, unknown>>> = {
  validation_failed: { field: 'amount', reason: 'not_positive' },
  unknown_version: { versions: apiVersions },
  precondition_failed: { seq: 4 },
  offer_mismatch: { field: 'amount', offered: '25.5', sent: '20' },
  refund_waits: { availableAt: '2026-12-06T12:00:00.000Z' },
  payout_over_limit: {
    ...{ most: '1000', token: 'USDT', network: 'bsc', approvalHash: 'ab'.repeat(32) },
    payout: {
      ...{ paymentId, amount: '4000', token: 'USDT', network: 'bsc', destination: `0x${'4'.repeat(40)}` },
      ...{ owedTo: 'seller', proposerId: 'admin-2' },
    },
  },
  batch_refused: { items: [{ paymentId, code: 'not_funded', message: sentences.not_funded }], prepared: [] },
  not_ready: { checks: { mongodb: 'ok', chain: 'failed' } },
};
const where = { path: '/api/payment', requestId: '0b0e4f43-8a4e-4a55-9a51-0d1d0f7f7a11' };

/** One answer of every code, made as the error handler makes them; operations refer to them by the code. */
export const problemExamples: Readonly<Record<string, ZodOpenApiExampleObject>> = Object.fromEntries(
  errorCodes.map((code) => {
    const error = new AppError(code, sentences[code], { details: details[code] ?? {} });
    return [code, { value: problemOf(error, where) }];
  }),
);
