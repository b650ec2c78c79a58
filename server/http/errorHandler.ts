import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { AppError, type ErrorCode } from '../errors.ts';
import type { Logger } from '../ports.ts';
import { tellLate } from './middleware/stopWhenGone.ts';

/** The only table of refusals and their status numbers. */
export const statusOf: Readonly<Record<ErrorCode, number>> = {
  validation_failed: 400,
  malformed_json: 400,
  malformed_request: 400,
  unknown_version: 400,
  network_not_supported: 400,
  unknown_signer: 400,
  not_authenticated: 401,
  login_refused: 401,
  code_required: 401,
  session_ended: 401,
  invalid_signature: 401,
  forbidden: 403,
  code_refused: 403,
  payout_destination_refused: 403,
  payout_approval_own: 403,
  step_up_required: 403,
  second_factor_missing: 409,
  not_found: 404,
  request_timeout: 408,
  offer_mismatch: 409,
  request_closed: 409,
  request_already_funded: 409,
  offer_not_open: 409,
  too_many_offers: 409,
  too_many_attempts: 409,
  too_many_unpaid: 409,
  refund_address_missing: 409,
  refund_waits: 409,
  escrow_forwarding: 409,
  escrow_not_final: 409,
  settlement_open: 409,
  no_open_settlement: 409,
  batch_refused: 409,
  not_funded: 409,
  already_final: 409,
  illegal_transition: 409,
  amount_exceeds_balance: 409,
  too_close_to_delivery: 409,
  risk_hold: 409,
  transaction_not_mined: 409,
  transaction_reverted: 409,
  transaction_foreign_contract: 409,
  transaction_other_payment: 409,
  transaction_mismatch: 409,
  transaction_already_used: 409,
  payout_not_open: 409,
  payout_over_limit: 409,
  payout_approval_mismatch: 409,
  payout_approval_expired: 409,
  payout_approval_used: 409,
  too_many_keys: 409,
  secret_already_shown: 409,
  already_running: 409,
  idempotency_key_in_use: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  idempotency_key_reused: 422,
  signature_refused: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal_error: 500,
  provider_failed: 502,
  chain_unavailable: 503,
  busy: 503,
  report_too_large: 503,
  not_ready: 503,
};

/** The only table of refusals that end by themselves, and the seconds after which a repeat has a chance. */
const retryAfterSeconds: Partial<Record<ErrorCode, number>> = {
  escrow_forwarding: 10,
  escrow_not_final: 10,
  transaction_not_mined: 5,
  idempotency_key_in_use: 1,
  provider_failed: 5,
  chain_unavailable: 5,
  busy: 1,
  not_ready: 5,
};

/** What body-parser and the router call their errors, in our codes. */
const parserCodes: Readonly<Record<string, [ErrorCode, string]>> = {
  'entity.parse.failed': ['malformed_json', 'The body is not valid JSON.'],
  'entity.too.large': ['payload_too_large', 'The body is larger than this route takes.'],
  'encoding.unsupported': ['unsupported_media_type', 'The content encoding of the body is not supported.'],
  'charset.unsupported': ['unsupported_media_type', 'The charset of the body is not supported.'],
  'request.aborted': ['validation_failed', 'The body ended early.'],
  'request.size.invalid': ['validation_failed', 'The body is not as long as its Content-Length says.'],
};

function fieldOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

/** Our word for anything thrown; what we do not know is an internal error that tells nothing. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const known = parserCodes[String(fieldOf(error, 'type'))];
  if (known) return new AppError(known[0], known[1], { cause: error });
  // A path like /%E0%A4%A names nothing.
  if (error instanceof URIError || fieldOf(error, 'code') === 'ERR_INVALID_URL') {
    return new AppError('not_found', 'There is nothing at this address.', { cause: error });
  }
  // Whatever else a body cannot be read for, like bytes that do not inflate.
  if (fieldOf(error, 'expose') === true && fieldOf(error, 'status') === 400) {
    return new AppError('malformed_json', 'The body cannot be read.', { cause: error });
  }
  return new AppError('internal_error', 'Something went wrong on our side; the request id finds it in our logs.', {
    cause: error,
  });
}

/** The problem-details body of a refusal (RFC 9457) with the seed's members beside it. */
export function problemOf(error: AppError, where: { path: string; requestId: string }): Record<string, unknown> {
  const { errors, field, ...details } = error.details;
  const named = typeof field === 'string' ? [{ pointer: `#/${field}`, detail: error.message }] : [];
  const status = statusOf[error.code];
  return {
    ...details,
    type: `urn:holdfast:problem:${error.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message,
    instance: where.path,
    success: false,
    message: error.message,
    code: error.code,
    requestId: where.requestId,
    errors: errors ?? named,
  };
}

/** What a key was refused for, for the audit trail; words of our own. */
function whyOf({ code, details }: AppError): unknown {
  return code === 'invalid_signature' ? details.reason : code === 'forbidden' ? details.scope : undefined;
}

function setHeaders(response: Response, error: AppError): void {
  const seconds = retryAfterSeconds[error.code];
  if (seconds !== undefined) response.setHeader('Retry-After', String(seconds));
  if (error.code === 'not_authenticated') response.setHeader('WWW-Authenticate', 'Bearer realm="holdfast"');
  response.setHeader('Cache-Control', 'no-store');
}

/** Answers every refusal and every surprise; the only place that knows status numbers of errors. */
export function createErrorHandler(logger: Logger): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    const error = asAppError(thrown);
    const requestId = request.requestId ?? '';
    const status = statusOf[error.code];
    if (status === 500) logger.error({ requestId, err: thrown }, 'a request failed unexpectedly');
    else if (status > 500) logger.warn({ requestId, code: error.code, err: error.cause }, error.message);
    if (response.headersSent) {
      next(thrown);
      return;
    }
    response.locals.code = error.code;
    response.locals.why = whyOf(error);
    setHeaders(response, error);
    const problem = problemOf(error, { path: request.path, requestId });
    response.status(status).type('application/problem+json').send(JSON.stringify(problem));
    tellLate(response);
  };
}

/** The last route: what nobody answered does not exist. */
export const nothingHere: RequestHandler = () => {
  throw new AppError('not_found', 'There is nothing at this address.');
};
