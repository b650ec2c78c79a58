import type { DomainEvent } from './event.ts';
import type { Leg } from './ledger.ts';
import type { SignalKind } from './signal.ts';
import type { Outline, PaymentStatus, State } from './state.ts';

/** Something to be done because of a transition; delivered at least once, in order per payment, and applied exactly once. */
export type EffectBody =
  | { readonly type: 'askAddress' }
  | { readonly type: 'verify' }
  | { readonly type: 'drivePayout' }
  | { readonly type: 'requestForward' }
  | { readonly type: 'openPayoutRecord'; readonly n: number }
  | { readonly type: 'reportPayout'; readonly outcome: 'succeeded' | 'failed' }
  | {
      readonly type: 'setRequestStatus';
      readonly requestId: string;
      readonly status: 'payment' | 'processing' | 'seller_paid' | 'refunded';
    }
  | { readonly type: 'acceptOffer'; readonly requestId: string; readonly offerId: string }
  | { readonly type: 'event'; readonly event: DomainEvent }
  | { readonly type: 'alarm'; readonly reason: string };
export type EffectType = EffectBody['type'];

const everyEffect = {
  askAddress: true,
  verify: true,
  drivePayout: true,
  requestForward: true,
  openPayoutRecord: true,
  reportPayout: true,
  setRequestStatus: true,
  acceptOffer: true,
  event: true,
  alarm: true,
} as const satisfies Record<EffectType, true>;
/** Every type of effect; one that is missing does not compile. */
export const effectTypes = Object.keys(everyEffect) as readonly EffectType[];

/** An effect with its key `<payment>-<seq>-<n>`: the external id, job id and event id of whatever it causes. */
export type Effect = EffectBody & { readonly key: string };

/** What `decide` wants appended; claims name the facts this transition uses up. */
export interface Change {
  readonly outcome: 'change';
  readonly state: State;
  readonly claims: readonly string[];
  readonly legs: readonly Leg[];
  readonly effects: readonly EffectBody[];
}

export type RefusalCode =
  | 'payment_not_found'
  | 'already_final'
  | 'not_pending'
  | 'not_funded'
  | 'escrow_forwarding'
  | 'escrow_not_final'
  | 'settlement_open'
  | 'no_open_settlement'
  | 'amount_exceeds_balance'
  | 'amount_invalid'
  | 'nothing_to_accept'
  | 'too_close_to_delivery'
  | 'refund_address_missing'
  | 'refund_waits'
  | 'request_already_funded'
  | 'risk_hold'
  | 'payout_not_open'
  | 'evidence_mismatch'
  | 'approval_mismatch'
  | 'limit_reached'
  | 'not_applicable';

export type Decision =
  | Change
  | { readonly outcome: 'noChange'; readonly reason: string }
  | { readonly outcome: 'refused'; readonly code: RefusalCode; readonly detail: string };

/** What a decision may know beside the state: whose log it is, the `seq` the change would get, the time, and which claims others hold. */
export interface DecideContext {
  readonly paymentId: string;
  readonly seq: number;
  readonly nowMs: number;
  /** `fund:` and `slot:` claims that the coordinator found taken by another payment. */
  readonly lostClaims: ReadonlySet<string>;
  readonly actor: string;
}

/** One appended step of a payment's history; the source of truth. */
export interface Transition {
  readonly id: string;
  readonly paymentId: string;
  readonly seq: number;
  readonly from: PaymentStatus | null;
  readonly to: PaymentStatus;
  readonly kind: SignalKind;
  readonly atMs: number;
  readonly actor: string;
  readonly claims: readonly string[];
  readonly legs: readonly Leg[];
  readonly effects: readonly Effect[];
  readonly state: State;
  readonly stateHash: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly prev: string;
  readonly hash: string;
  readonly attempt: string;
}

/** What a client that catches up is told about a transition: neither its evidence nor the whole state, which grow with a payment's history. */
export interface Step extends Pick<Transition, 'paymentId' | 'seq' | 'kind' | 'atMs' | 'effects'> {
  readonly state: Outline;
}

/** The `_id` of a transition; padded so that it sorts by sequence. */
export function transitionId(paymentId: string, seq: number): string {
  return `${paymentId}:${String(seq).padStart(6, '0')}`;
}

/** The key of a transition's n-th effect, counted from 0: external id, job id and event id of whatever it causes. */
export function effectKey(paymentId: string, seq: number, n: number): string {
  return `${paymentId}-${seq}-${n}`;
}
