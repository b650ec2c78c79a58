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

/** What each code means, as one of its answers says it. */
const sentences: Readonly<Record<ErrorCode, string>> = {
  validation_failed: 'amount must be more than zero',
  malformed_json: 'The body is not valid JSON.',
  malformed_request: 'This is not a request of HTTP/1.1.',
  request_timeout: 'The request did not arrive in time.',
  headers_too_large: 'The headers are larger than 16 kB.',
  unknown_version: `${versionHeader} names no version that is spoken here: ${apiVersions.join(', ')}.`,
  precondition_failed: 'It has changed since: its version is 4 now. Read it again.',
  payload_too_large: 'The body is larger than this route takes.',
  unsupported_media_type: 'The charset of the body is not supported.',
  not_authenticated: 'A valid token is needed.',
  login_refused: 'Name or password is not right.',
  code_required: 'This user has a second factor; send its code, too.',
  session_ended: 'The session has ended; log in again.',
  invalid_signature: 'The signature does not fit the body.',
  forbidden: 'Your role may not do this.',
  code_refused: 'The code is not right, or was used already.',
  step_up_required: 'This moves money: prove your second factor first.',
  second_factor_missing: 'This user has no second factor yet.',
  not_found: 'There is no such payment.',
  offer_mismatch: 'amount differs from the offer, which says 25.5; 20 was sent.',
  request_closed: 'The request takes no offers and no payments any more.',
  request_already_funded: 'Another payment of this request has been paid.',
  offer_not_open: 'The offer was rejected, or another one was selected.',
  too_many_offers: 'You have as many offers on this request as one may have.',
  too_many_attempts: 'This offer has been tried too often; select it anew.',
  too_many_unpaid: 'Pay or cancel one of your open payments first.',
  network_not_supported: 'This network or token is not supported.',
  refund_address_missing: 'The buyer named no address that a refund could go to.',
  refund_waits: 'The vault can be refunded after its deadline; availableAt says when.',
  escrow_forwarding: 'The money is on its way into the escrow contract.',
  escrow_not_final: 'The money is in the escrow contract, and its block is not final yet.',
  settlement_open: 'Another settlement of this payment is open.',
  no_open_settlement: 'No settlement of this payment is open.',
  unknown_signer: 'A signature is by nobody who may sign.',
  signature_refused: 'The contract of a signer did not confirm its signature.',
  batch_refused: 'One payment cannot be released, so none was prepared.',
  not_funded: 'The escrow of this payment is not funded.',
  already_final: 'The payment has ended.',
  illegal_transition: 'The payment is not in a state that allows this.',
  amount_exceeds_balance: 'The amount is more than what is there.',
  too_close_to_delivery: 'Too little time is left until the deadline of the delivery.',
  risk_hold: 'The payment is held back until a person has looked at it.',
  transaction_not_mined: 'The transaction is in no block yet.',
  transaction_reverted: 'The transaction was reverted.',
  transaction_foreign_contract: 'The transaction does not speak to our contract.',
  transaction_other_payment: 'The transaction settles another payment.',
  transaction_mismatch: 'The transaction does not do what was prepared.',
  transaction_already_used: 'The transaction belongs to another payment.',
  payout_not_open: 'The payout is not one whose outcome is open.',
  payout_over_limit:
    'No more than 1000 USDT on bsc at once goes to an address that is not in the terms of its payment.',
  payout_destination_refused:
    'A key pays only to an address in the terms of the payment or in PAYOUT_KEY_DESTINATIONS.',
  payout_approval_own: 'Nobody approves a payout of his own; ask another admin.',
  payout_approval_mismatch: 'This is not the payout that was proposed; order it again for the hash of now.',
  payout_approval_expired: 'The approval has ended; have the payout approved again.',
  payout_approval_used: 'This approval has opened its payout; another one needs an approval of its own.',
  already_running: 'The same is running; ask again when it has ended.',
  idempotency_key_reused: 'This key was used for something else.',
  idempotency_key_in_use: 'The first call with this key is still running.',
  too_many_keys: 'There are as many keys as there may be; revoke one.',
  secret_already_shown: 'The key exists; its secret was shown once and is kept nowhere.',
  rate_limited: 'Too many requests; the RateLimit header says when to go on.',
  provider_failed: 'The payment provider did not answer as it should.',
  chain_unavailable: 'No node of the chain answers.',
  busy: 'Too much is going on; repeat unchanged.',
  report_too_large: 'There is more to read than one answer may take.',
  not_ready: 'Not ready: chain.',
  internal_error: 'Something went wrong on our side; the request id finds it in our logs.',
};

const paymentId = '6561f0c2a1b2c3d4e5f60718';
const details: Partial<Record<ErrorCode, Record<string, unknown>>> = {
  validation_failed: { errors: [{ pointer: '#/amount', detail: 'must be more than zero' }] },
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
  batch_refused: { items: [{ paymentId, code: 'not_funded', message: sentences.not_funded }] },
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
