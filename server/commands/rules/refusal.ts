import type { PaymentState, State } from '../../domain/state.ts';
import type { RefusalCode } from '../../domain/transition.ts';
import { AppError, type ErrorCode } from '../../errors.ts';
import type { Observation } from '../../ports.ts';

const errorOfRefusal: Record<RefusalCode, ErrorCode> = {
  payment_not_found: 'not_found',
  already_final: 'already_final',
  not_pending: 'illegal_transition',
  not_funded: 'not_funded',
  escrow_forwarding: 'escrow_forwarding',
  escrow_not_final: 'escrow_not_final',
  settlement_open: 'settlement_open',
  no_open_settlement: 'no_open_settlement',
  amount_exceeds_balance: 'amount_exceeds_balance',
  amount_invalid: 'validation_failed',
  nothing_to_accept: 'illegal_transition',
  too_close_to_delivery: 'too_close_to_delivery',
  refund_address_missing: 'refund_address_missing',
  refund_waits: 'refund_waits',
  request_already_funded: 'request_already_funded',
  risk_hold: 'risk_hold',
  payout_not_open: 'payout_not_open',
  evidence_mismatch: 'transaction_mismatch',
  approval_mismatch: 'payout_approval_mismatch',
  limit_reached: 'rate_limited',
  not_applicable: 'illegal_transition',
};

/** A signal that was recorded, or said nothing new. */
export interface Recorded {
  readonly outcome: 'changed' | 'noChange' | 'duplicate';
  readonly state: State;
  readonly seq: number;
}

/** The error of a refusal. */
export const errorOf = (code: RefusalCode, detail: string): AppError => new AppError(errorOfRefusal[code], detail);

/** Refuses while screening holds the payment: nothing that moves its money is handed out. */
export function demandNoHold({ riskHold }: PaymentState): void {
  if (riskHold) throw errorOf('risk_hold', 'Screening holds this payment.');
}

/** There is no such payment, or it is somebody else's: a stranger must not be able to tell the one from the other. */
export const noSuchPayment = (): AppError => new AppError('not_found', 'There is no such payment.');

/** The error of an approval that has opened its one payout. */
export const approvalUsed = (): AppError =>
  new AppError(
    'payout_approval_used',
    'This approval has opened its payout; order again, and have the hash of that answer approved, if another one is meant.',
  );

/** What to tell the caller when a claim of his signal is held by somebody else. */
function errorOfClaim(taken: string): AppError {
  if (taken.startsWith('tx:') || taken.startsWith('out:')) {
    return new AppError('transaction_already_used', 'This transaction already belongs to another payment.');
  }
  if (taken.startsWith('addr:')) {
    return new AppError('provider_failed', 'The provider gave an address that already belongs to another payment.');
  }
  if (taken.startsWith('approval:')) return approvalUsed();
  return new AppError('illegal_transition', 'This was already used for another payment.');
}

/** The error of an idempotency key that comes back with other words. */
export const keyReused = (what: string): AppError =>
  new AppError('idempotency_key_reused', `This idempotency key was used for ${what}; take a new one.`);

/** The recorded state, or the refusal as the error that the API knows. */
export function recorded(observation: Observation): Recorded {
  switch (observation.outcome) {
    case 'changed':
    case 'noChange':
    case 'duplicate':
      return { outcome: observation.outcome, state: observation.state, seq: observation.seq };
    case 'refused':
      throw errorOf(observation.code, observation.detail);
    case 'conflict':
      throw errorOfClaim(observation.claim);
    case 'keyReused':
      throw keyReused('another payment');
    case 'existing':
    case 'wait':
    case 'alreadyAsked':
      throw new AppError('busy', 'Somebody else is doing the same; repeat the request.');
  }
}

/** As `recorded`, for signals that only incoming payments take. */
export function recordedPayment(observation: Observation): PaymentState {
  return incoming(recorded(observation).state);
}

/** The incoming payment, or "not found": payouts and suspense logs are not reached by payment ids of the API. */
export function incoming(state: State | undefined | null): PaymentState {
  if (state?.direction !== 'in') throw noSuchPayment();
  return state;
}
