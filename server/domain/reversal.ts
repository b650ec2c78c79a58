import { cover, coverMissing, smallKept } from './arrivals.ts';
import { arrivalKey, claim } from './claim.ts';
import { book, callPerson, type Draft, lower, move, raise, same, set, take, type Verdict } from './draft.ts';
import {
  countedTotal,
  excessAt,
  excessTotal,
  hasLateMoney,
  heldBy,
  missingFromPrice,
  openForward,
  ownAsset,
  paidTotal,
  reservedInContract,
} from './facts.ts';
import { dropIdleForward, undoForward } from './forward.ts';
import { account, balanceOf } from './ledger.ts';
import type { SignalOf } from './signal.ts';
import type { Arrival, PaymentState } from './state.ts';
import { reversalEffects } from './trade.ts';
import { voidSettlement } from './voiding.ts';

/** Undoes what a reorganisation took out of the chain: a sighting, a credited arrival or a forward. */
export function transferOrphaned(draft: Draft, signal: SignalOf<'transferOrphaned'>): Verdict {
  const { state } = draft;
  const gone = state.arrivals.find(
    (arrival) => arrivalKey(arrival) === signal.arrivalKey && arrival.epoch === signal.epoch,
  );
  if (gone === undefined) return forgetSighting(draft, signal.arrivalKey);
  if (gone.reversed) return same('already_reversed');
  draft.claims.push(claim.reversal(signal.arrivalKey, signal.epoch));
  const arrivals = state.arrivals.map((arrival) => (arrival === gone ? { ...arrival, reversed: true } : arrival));
  set(draft, { arrivals });
  if (gone.purpose !== 'payment') takeForwardBack(draft, gone);
  else if (canUndo(state, gone)) undo(draft, gone);
  else takeAway(draft, gone);
  draft.effects.push({ type: 'event', event: { name: 'payment.updated', type: 'payment_reversed' } });
  return draft;
}

function takeForwardBack(draft: Draft, gone: Arrival): void {
  undoForward(draft, gone);
  if (draft.state.status !== 'completed' || missingFromPrice(draft.state) === 0n) return;
  raise(draft, 'reorged');
  coverMissing(draft);
}

function forgetSighting(draft: Draft, key: string): Verdict {
  const { state } = draft;
  if (!state.seen.includes(key)) return state.arrivals.length < smallKept ? same('never_credited') : unkept(draft, key);
  set(draft, { seen: state.seen.filter((seen) => seen !== key) });
  if (state.status === 'processing') set(draft, { status: waitingStatus(draft.state) });
  return draft;
}

/** A full state does not know what it booked without keeping it: a person compares books and chain. */
function unkept(draft: Draft, key: string): Verdict {
  draft.claims.push(claim.reversal(key, 0));
  callPerson(draft, 'unkept_arrival_reversed');
  return draft;
}

/** Row 7a holds while the money can simply be handed back: nothing irreversible has begun and it is all still here. */
function canUndo(state: PaymentState, gone: Arrival): boolean {
  const excess = balanceOf(state.balances, account.excess(gone.custody, state.id), gone.asset);
  if (state.status === 'released' || state.status === 'refunded') return false;
  if (state.status !== 'completed' || gone.asset !== ownAsset(state)) return excess >= gone.amount;
  const begun =
    openForward(state) !== null ||
    state.arrivals.some((arrival) => arrival.purpose === 'forward' && !arrival.reversed) ||
    state.settlement !== null ||
    state.settled > 0n ||
    state.payouts.some((payout) => payout.outcome !== 'failed');
  return !begun && excess + heldBy(state, gone.custody) >= gone.amount;
}

/** Row 7a: uncover, give back, cover again if the rest still carries the price. */
function undo(draft: Draft, gone: Arrival): void {
  const { id, buyerId } = draft.state;
  const giveBack = { from: account.excess(gone.custody, id), to: account.buyer(buyerId), amount: gone.amount };
  if (gone.asset !== ownAsset(draft.state)) {
    move(draft, gone.asset, giveBack);
    return;
  }
  for (const custody of ['contract', 'provider'] as const) {
    const from = account.held(custody, id);
    move(draft, gone.asset, { from, to: account.excess(custody, id), amount: heldBy(draft.state, custody) });
  }
  move(draft, gone.asset, giveBack);
  const { state } = draft;
  if (state.status === 'completed' && countedTotal(state) >= state.price && excessTotal(state) >= state.price)
    cover(draft, state.price);
  else if (state.status === 'completed') reopen(draft);
  else if (state.status === 'processing' || state.status === 'pending')
    set(draft, { status: waitingStatus(draft.state) });
  lowerFlags(draft);
}

/** The price is gone before anything irreversible began: the payment waits for money again. */
function reopen(draft: Draft): void {
  set(draft, { lateAccepted: false });
  set(draft, { status: waitingStatus(draft.state) });
  draft.effects.push(...reversalEffects(draft.state));
  if (countedTotal(draft.state) > 0n) raise(draft, 'underpaid');
}

/** Row 7b: too late to undo; the money is taken from where it lies, else from the platform, and an open settlement now short is void. */
function takeAway(draft: Draft, gone: Arrival): void {
  const { id, buyerId } = draft.state;
  const { custody, asset } = gone;
  book(draft, [{ account: account.buyer(buyerId), asset, amount: gone.amount }]);
  const from = [account.excess(custody, id), account.held(custody, id), account.pending(custody, id)];
  const reserved = reservedInContract(draft.state);
  take(draft, asset, from, gone.amount);
  if (reservedInContract(draft.state) < reserved) voidSettlement(draft);
  raise(draft, 'reorged');
  if (paidTotal(draft.state) >= draft.state.price) coverMissing(draft);
  dropIdleForward(draft);
  draft.effects.push({ type: 'alarm', reason: 'payment_reversed' });
}

function lowerFlags(draft: Draft): void {
  const { state } = draft;
  if (excessAt(state, 'contract') + excessAt(state, 'provider') === 0n || state.status !== 'completed')
    lower(draft, 'overpaid');
  if (!hasLateMoney(state) && state.status !== 'failed' && state.status !== 'cancelled') lower(draft, 'paid_late');
  if (paidTotal(state) === 0n) for (const flag of ['paid_late', 'underpaid'] as const) lower(draft, flag);
}

/** What an unfunded, open payment shows: processing as soon as anything of it was reported, seen or booked. */
function waitingStatus(state: PaymentState): 'pending' | 'processing' {
  const reported = (state.provider?.transactions.length ?? 0) > 0;
  return reported || state.seen.length > 0 || countedTotal(state) > 0n ? 'processing' : 'pending';
}
