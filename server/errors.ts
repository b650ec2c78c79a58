/** Stable codes of everything the API may refuse; http/errorHandler alone knows their status numbers. */
export const errorCodes = [
  'validation_failed',
  'malformed_json',
  'malformed_request',
  'request_timeout',
  'headers_too_large',
  'unknown_version',
  'precondition_failed',
  'payload_too_large',
  'unsupported_media_type',
  'not_authenticated',
  'login_refused',
  'code_required',
  'session_ended',
  'invalid_signature',
  'forbidden',
  'code_refused',
  'step_up_required',
  'second_factor_missing',
  'not_found',
  'offer_mismatch',
  'request_closed',
  'request_already_funded',
  'offer_not_open',
  'too_many_offers',
  'too_many_attempts',
  'too_many_unpaid',
  'network_not_supported',
  'refund_address_missing',
  'refund_waits',
  'escrow_forwarding',
  'escrow_not_final',
  'settlement_open',
  'no_open_settlement',
  'unknown_signer',
  'signature_refused',
  'batch_refused',
  'not_funded',
  'already_final',
  'illegal_transition',
  'amount_exceeds_balance',
  'too_close_to_delivery',
  'risk_hold',
  'transaction_not_mined',
  'transaction_reverted',
  'transaction_foreign_contract',
  'transaction_other_payment',
  'transaction_mismatch',
  'transaction_already_used',
  'payout_not_open',
  'payout_over_limit',
  'payout_destination_refused',
  'payout_approval_own',
  'payout_approval_mismatch',
  'payout_approval_expired',
  'payout_approval_used',
  'already_running',
  'idempotency_key_reused',
  'idempotency_key_in_use',
  'too_many_keys',
  'secret_already_shown',
  'rate_limited',
  'provider_failed',
  'chain_unavailable',
  'busy',
  'report_too_large',
  'not_ready',
  'internal_error',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** A refusal with a stable code and a sentence for the person who reads it; `details` go onto the wire, `cause` only into the log. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
  }
}

/**
 * Something was written by a newer version of the server than this one, as happens while one replaces the other. The sender repeats, and
 * reaches a server that knows it; nothing may be given up, or passed, because of it.
 */
export class NewerVersionError extends AppError {
  constructor(what: string, strange: string) {
    const why = `${what} was written by a newer version of the server, and this one does not know its ${strange}`;
    super('busy', `${why}; repeat unchanged.`);
    this.name = 'NewerVersionError';
  }
}
