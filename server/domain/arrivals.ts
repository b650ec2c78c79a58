import { arrivalKey, claim } from './claim.ts';
import { callPerson, type Draft, lower, move, raise, refuse, same, set, type Verdict } from './draft.ts';
import {
  countedTotal,
  deadlineFacts,
  excessAt,
  excessTotal,
  isContractClosed,
  missingFromPrice,
  ownAsset,
  paidTotal,
} from './facts.ts';
import { forwardArrived, isSentBy } from './forward.ts';
import { account } from './ledger.ts';
import { smaller } from './money.ts';
import type { SignalOf } from './signal.ts';
import type { Arrival, Custody, PaymentState, Transfer } from './state.ts';
import { completionEffects } from './trade.ts';

// A payment sees one or two transfers; the bound only keeps dust from growing the state.
const seenMax = 32;
const smallPart = 1000n;
/** What is smaller than 1/1000 of the price, or no part of it, is kept among the arrivals only while these are fewer (ADR 10). */
export const smallKept = 64;

/** Notes a transfer that is mined but not yet confirmed, so that nobody expires the payment meanwhile. */
export function transferSeen(draft: Draft, { transfer }: SignalOf<'transferSeen'>): Verdict {
  const { state } = draft;
  const key = arrivalKey(transfer);
  if (custodyOfTransfer(state, transfer) === null)
    return refuse('evidence_mismatch', 'the transfer is for another receiver');
  if (transfer.asset !== ownAsset(state) || transfer.amount <= 0n || transfer.blockNumber < state.headBlock)
    return same('not_the_price');
  if (state.seen.includes(key) || nextEpoch(state, key) === null) return same('already_seen');
  if (isFromHotWallet(state, transfer)) return same('forward_seen');
  if (state.seen.length >= seenMax) return same('enough_seen');
  set(draft, { seen: [...state.seen, key] });
  if (state.status === 'pending') {
    set(draft, { status: 'processing' });
    draft.effects.push({ type: 'event', event: { name: 'payment.updated', type: 'payment_processing' } });
  }
  return draft;
}

/** Books money the chain has confirmed for one of the payment's own addresses; from the hot wallet into the vault it is a forward. */
export function transferConfirmed(draft: Draft, { transfer }: SignalOf<'transferConfirmed'>): Verdict {
  const { state } = draft;
  const forwarded = custodyOfTransfer(state, transfer) === 'contract' && isFromHotWallet(state, transfer);
  return credit(draft, transfer, forwarded);
}

/** Same for a transfer the caller knows to come from the provider's hot wallet; also into the vault of a payment that has no provider. */
export function forwardConfirmed(draft: Draft, { transfer }: SignalOf<'forwardConfirmed'>): Verdict {
  const { state } = draft;
  const possible = state.provider === null || isFromHotWallet(state, transfer);
  if (custodyOfTransfer(state, transfer) !== 'contract' || !possible)
    return refuse('evidence_mismatch', 'no transfer from the hot wallet into the vault');
  return credit(draft, transfer, true);
}

/** Books a transfer once, and again only after its reversal. */
function credit(draft: Draft, transfer: Transfer, forwarded: boolean): Verdict {
  const { state } = draft;
  const custody = custodyOfTransfer(state, transfer);
  if (custody === null) return refuse('evidence_mismatch', 'the transfer is for another receiver');
  if (transfer.blockNumber < state.headBlock)
    return refuse('evidence_mismatch', 'the transfer is older than the intent');
  if (transfer.amount <= 0n) return same('nothing_arrived');
  const key = arrivalKey(transfer);
  const epoch = nextEpoch(state, key);
  if (epoch === null) return same('already_credited');
  draft.claims.push(claim.transfer(key, epoch));
  set(draft, { seen: state.seen.filter((seen) => seen !== key) });
  const onTime = transfer.blockTimeMs <= state.expiresAtMs;
  const arrival = { ...transfer, custody, epoch, onTime, reversed: false };
  if (forwarded) return forwardArrived(draft, arrival);
  arrive(draft, { ...arrival, purpose: 'payment' });
  return transfer.asset === ownAsset(state) ? judge(draft, onTime) : draft;
}

/** An admin makes money that came late, or after a cancellation, the price. */
export function lateAccepted(draft: Draft): Verdict {
  const { state, context } = draft;
  if (excessTotal(state) < state.price || isContractClosed(state))
    return refuse('nothing_to_accept', 'the money at hand does not cover the price');
  if (state.settlement !== null) return refuse('settlement_open', 'a refund of this money is prepared');
  if (context.nowMs > deadlineFacts(state).lastForwardMs)
    return refuse('too_close_to_delivery', 'the terms end too soon for this payment to be delivered');
  if (isFundLost(draft)) return refuse('request_already_funded', 'another payment funded this request');
  set(draft, { lateAccepted: true });
  return complete(draft);
}

/** Which of the payment's addresses a transfer went to. */
function custodyOfTransfer(state: PaymentState, transfer: Transfer): Custody | null {
  if (transfer.chainId !== state.asset.chainId) return null;
  if (transfer.termsId !== undefined) return transfer.termsId === state.termsId ? 'contract' : null;
  const receiver = transfer.receiver.toLowerCase();
  if (receiver === state.vault) return 'contract';
  return receiver === state.provider?.address ? 'provider' : null;
}

const isFromHotWallet = (state: PaymentState, transfer: Transfer) =>
  state.provider !== null && isSentBy(transfer, state.provider.hotWallet);

/**
 * Whether a state that is full of small arrivals has no place for one more. Its claim still makes it count once; those that carry the
 * price are always kept, and cost whoever sends them too much to fill a state with.
 */
function isUnkept(state: PaymentState, arrival: Arrival): boolean {
  const small = arrival.asset !== ownAsset(state) || arrival.amount * smallPart < state.price;
  return small && state.arrivals.length >= smallKept;
}

/** The epoch under which a transaction may be credited now, or null while its credit stands. */
function nextEpoch(state: PaymentState, key: string): number | null {
  const credited = state.arrivals.filter((arrival) => arrivalKey(arrival) === key);
  return credited.every((arrival) => arrival.reversed) ? credited.length : null;
}

function arrive(draft: Draft, arrival: Arrival): void {
  const { state } = draft;
  if (!isUnkept(state, arrival)) set(draft, { arrivals: [...state.arrivals, arrival] });
  const to = account.excess(arrival.custody, state.id);
  move(draft, arrival.asset, { from: account.buyer(state.buyerId), to, amount: arrival.amount });
}

/** What a booked payment in the right asset means for the status. */
function judge(draft: Draft, onTime: boolean): Verdict {
  const { state } = draft;
  if (state.status === 'completed') return coverAgain(draft);
  if (state.status === 'released' || state.status === 'refunded') {
    raise(draft, 'overpaid');
    return draft;
  }
  const open = state.status !== 'cancelled' && state.failureReason !== 'already_funded';
  if (open && onTime && countedTotal(state) >= state.price) return completeIfPossible(draft);
  if (!onTime || state.status === 'failed' || state.status === 'cancelled') return late(draft);
  raise(draft, 'underpaid');
  set(draft, { status: 'processing' });
  draft.effects.push({ type: 'event', event: { name: 'payment.updated', type: 'payment_underpaid' } });
  return draft;
}

function late(draft: Draft): Draft {
  raise(draft, 'paid_late');
  draft.effects.push({ type: 'event', event: { name: 'payment.updated', type: 'payment_late' } });
  return draft;
}

const isFundLost = ({ state, context }: Draft) => !state.funded && context.lostClaims.has(claim.fund(state.requestId));

function completeIfPossible(draft: Draft): Verdict {
  const { state } = draft;
  if (isFundLost(draft)) {
    set(draft, { status: 'failed', failureReason: 'already_funded' });
    lower(draft, 'underpaid');
    draft.effects.push({ type: 'event', event: { name: 'payment.updated', type: 'payment_failed' } });
    draft.effects.push({ type: 'alarm', reason: 'request_already_funded' });
    return draft;
  }
  // Money that was counted may be on its way back already (an expired payment's refund); then a person has to decide.
  if (excessTotal(state) >= state.price && state.settlement === null && !isContractClosed(state))
    return complete(draft);
  callPerson(draft, 'paid_while_refunding');
  if (state.status === 'pending') set(draft, { status: 'processing' });
  return late(draft);
}

/** Turns arrived money into the price: from the contract first, the rest from the provider. */
export function cover(draft: Draft, amount: bigint): void {
  let left = amount;
  for (const custody of ['contract', 'provider'] as const) {
    const { state } = draft;
    const has = excessAt(state, custody);
    const part = smaller(has, left);
    const route = { from: account.excess(custody, state.id), to: account.held(custody, state.id), amount: part };
    move(draft, ownAsset(state), route);
    left -= part;
  }
}

function complete(draft: Draft): Draft {
  const { state } = draft;
  cover(draft, state.price);
  if (!state.funded) draft.claims.push(claim.fund(state.requestId));
  set(draft, { status: 'completed', failureReason: null, funded: true });
  lower(draft, 'underpaid');
  if (excessTotal(draft.state) > 0n) raise(draft, 'overpaid');
  draft.effects.push(...completionEffects(draft.state));
  // Books of a payment that gave something back before it was paid again need a second look.
  if (state.refunded > 0n) callPerson(draft, 'completed_after_refund');
  return draft;
}

/** More money on a funded payment: it fills what a reversal took, the rest is an excess. */
function coverAgain(draft: Draft): Draft {
  coverMissing(draft);
  const { state } = draft;
  if (paidTotal(state) >= state.price && missingFromPrice(state) === 0n) lower(draft, 'reorged');
  if (excessTotal(state) > 0n) raise(draft, 'overpaid');
  return draft;
}

/** Fills what a reversal took from a funded payment's price out of what else there is. */
export function coverMissing(draft: Draft): void {
  const { state } = draft;
  if (state.status !== 'completed' || !state.flags.includes('reorged')) return;
  cover(draft, smaller(missingFromPrice(state), excessTotal(state)));
}
