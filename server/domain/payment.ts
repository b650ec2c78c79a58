import * as arrivals from './arrivals.ts';
import * as disbursement from './disbursement.ts';
import { begin, type Draft, finish, refuse, same, type Verdict } from './draft.ts';
import * as escrow from './escrow.ts';
import * as forward from './forward.ts';
import * as intake from './intake.ts';
import * as mirror from './mirror.ts';
import { decidePayout, openPayout } from './payoutRecord.ts';
import { transferOrphaned } from './reversal.ts';
import type { Signal, SignalKind, SignalOf } from './signal.ts';
import type { PaymentState, PaymentStatus, State } from './state.ts';
import { strayReceived } from './suspense.ts';
import type { Change, DecideContext, Decision, RefusalCode } from './transition.ts';
import { writtenOff } from './writeOff.ts';

/** A cell of the table: the statuses a signal may lead to, a named refusal, or nothing to do. */
export type Cell = readonly PaymentStatus[] | RefusalCode | 'noChange';
type Row = Readonly<Record<PaymentStatus, Cell>>;
type Columns = readonly [Cell, Cell, Cell, Cell, Cell, Cell, Cell];

/** One row in the order pending, processing, completed, failed, cancelled, released, refunded. */
function row(...[pending, processing, completed, failed, cancelled, released, refunded]: Columns): Row {
  return Object.freeze({ pending, processing, completed, failed, cancelled, released, refunded });
}

const pending = Object.freeze(['pending'] as const);
const processing = Object.freeze(['processing'] as const);
const completed = Object.freeze(['completed'] as const);
const failed = Object.freeze(['failed'] as const);
const cancelled = Object.freeze(['cancelled'] as const);
const released = Object.freeze(['released'] as const);
const refunded = Object.freeze(['refunded'] as const);
const ending = Object.freeze(['completed', 'released', 'refunded'] as const);
const none = 'noChange';
const final = 'already_final';
const anyOf = (...statuses: PaymentStatus[]) => Object.freeze(statuses);

const nowhere = row(none, none, none, none, none, none, none);
const foreign: Cell = 'not_applicable';
const otherLog = row(foreign, foreign, foreign, foreign, foreign, foreign, foreign);
const everywhere = row(pending, processing, completed, failed, cancelled, released, refunded);
const notOpen: Cell = 'payout_not_open';
const machine = row(notOpen, notOpen, completed, notOpen, notOpen, released, refunded);
const settling = row(none, none, completed, failed, cancelled, none, none);

/** The one table of an incoming payment: what each signal may do in each status. A pair that is missing does not compile. */
export const table: Readonly<Record<SignalKind, Row>> = Object.freeze({
  intentOpened: nowhere,
  addressGiven: everywhere,
  hintGiven: row(pending, processing, completed, failed, cancelled, none, none),
  providerReported: row(anyOf('pending', 'processing'), processing, completed, failed, cancelled, released, refunded),
  transferSeen: row(processing, processing, none, none, none, none, none),
  transferConfirmed: row(
    anyOf('pending', 'processing', 'completed', 'failed'),
    anyOf('processing', 'completed', 'failed'),
    completed,
    anyOf('failed', 'completed'),
    cancelled,
    released,
    refunded,
  ),
  transferOrphaned: row(
    pending,
    anyOf('pending', 'processing'),
    anyOf('pending', 'processing', 'completed'),
    failed,
    cancelled,
    released,
    refunded,
  ),
  lateAccepted: row('nothing_to_accept', 'nothing_to_accept', none, completed, completed, final, final),
  writtenOff: everywhere,
  strayReceived: otherLog,
  forwardRequested: row('not_funded', 'not_funded', completed, 'not_funded', 'not_funded', final, final),
  forwardConfirmed: everywhere,
  forwardFailed: row(none, none, completed, none, none, released, refunded),
  deadlinePassed: row(failed, failed, none, none, none, none, none),
  cancelRequested: row(cancelled, 'not_pending', 'not_pending', 'not_pending', none, final, final),
  settlementPrepared: row('not_funded', 'not_funded', completed, failed, cancelled, final, final),
  settlementSigned: row('no_open_settlement', 'no_open_settlement', completed, failed, cancelled, final, final),
  settlementSeen: settling,
  settlementConfirmed: row(pending, processing, ending, failed, cancelled, released, refunded),
  settlementOrphaned: settling,
  settlementVoided: settling,
  swept: nowhere,
  delivered: everywhere,
  disputeOpened: everywhere,
  recovered: row(pending, processing, ending, failed, cancelled, released, refunded),
  creditWithdrawn: everywhere,
  refundedLater: everywhere,
  shortfall: everywhere,
  seqBumped: settling,
  riskAssessed: everywhere,
  payoutRequested: row('not_funded', 'not_funded', completed, failed, cancelled, released, refunded),
  payoutOpened: otherLog,
  payoutWaiting: machine,
  payoutUnknown: machine,
  payoutSubmitted: machine,
  payoutReported: machine,
  payoutSucceeded: row(pending, processing, ending, failed, cancelled, released, refunded),
  payoutFailed: row(notOpen, notOpen, completed, failed, cancelled, released, refunded),
});

type Handlers = { readonly [K in SignalKind]: (draft: Draft, signal: SignalOf<K>) => Verdict };
const never = (): Verdict => {
  throw new Error('the table never calls this handler');
};

const handlers: Handlers = {
  ...intake,
  ...arrivals,
  ...mirror,
  ...escrow,
  ...forward,
  transferOrphaned,
  writtenOff,
  payoutRequested: disbursement.payoutRequested,
  payoutSucceeded: disbursement.payoutSucceeded,
  payoutFailed: disbursement.payoutFailed,
  payoutWaiting: disbursement.driveForward,
  payoutUnknown: disbursement.driveForward,
  payoutSubmitted: disbursement.driveForward,
  payoutReported: disbursement.driveForward,
  payoutOpened: never,
  intentOpened: never,
  strayReceived: never,
};

/** Whether no signal leads out of a status any more; read from the table. */
export function isFinal(status: PaymentStatus): boolean {
  return Object.values(table).every(
    (cells) => typeof cells[status] === 'string' || cells[status].every((to) => to === status),
  );
}

/** Says what a signal does to a payment in this state; pure, and the only place where a payment's state is decided. */
export function decide(state: State | null, signal: Signal, context: DecideContext): Decision {
  if (signal.kind === 'strayReceived') return strayReceived(state, signal, context);
  if (state === null) return open(signal, context);
  if (state.direction === 'in') return decidePayment(state, signal, context);
  if (state.direction === 'out') return decidePayout(state, signal, context);
  return refuse('not_applicable', 'money of nobody takes no such signal');
}

function open(signal: Signal, context: DecideContext): Decision {
  if (signal.kind === 'intentOpened') return intake.openIntent(signal.intent, context);
  if (signal.kind === 'payoutOpened') return openPayout(signal.payout, context);
  return refuse('payment_not_found', 'there is no such payment');
}

function decidePayment<K extends SignalKind>(
  state: PaymentState,
  signal: SignalOf<K> & { kind: K },
  context: DecideContext,
): Decision {
  const cell = table[signal.kind][state.status];
  if (cell === 'noChange') return same(`nothing_to_do_when_${state.status}`);
  if (typeof cell === 'string') return refuse(cell, `${signal.kind} is refused while the payment is ${state.status}`);
  const verdict = (handlers[signal.kind] as (draft: Draft, signal: SignalOf<K>) => Verdict)(
    begin(state, context),
    signal,
  );
  return 'outcome' in verdict ? verdict : closed(finish(verdict), cell);
}

/** Throws when a handler went where the table does not let it. */
function closed(change: Change, allowed: readonly PaymentStatus[]): Change {
  if (!allowed.includes(change.state.status)) throw new Error(`no signal leads to ${change.state.status} here`);
  return change;
}
