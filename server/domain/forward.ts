import { book, callPerson, type Draft, move, refuse, same, set, take, type Verdict } from './draft.ts';
import { deadlineFacts, heldBy, isVaultOfUse, missingFromPrice, openForward, ownAsset } from './facts.ts';
import { account, isListed } from './ledger.ts';
import { smaller } from './money.ts';
import { hasGoneOn, requestedMachine } from './payoutMachine.ts';
import type { SignalOf } from './signal.ts';
import type { Arrival, PaymentState, Transfer } from './state.ts';
import { effectKey } from './transition.ts';
import { voidSettlement } from './voiding.ts';

/** Begins the one payout that brings provider money into the vault, of exactly what the provider holds of the price. */
export function forwardRequested(draft: Draft, signal: SignalOf<'forwardRequested'>): Verdict {
  const { state, context } = draft;
  const amount = heldBy(state, 'provider');
  if (state.provider === null || amount === 0n) return same('nothing_to_forward');
  if (openForward(state) !== null) return same('forward_open');
  if (missingFromPrice(state) > 0n) return refuse('not_funded', 'a reversal took part of the price');
  if (!isVaultOfUse(state)) return refuse('not_applicable', 'a vault that cannot get the whole price settles nothing');
  if (context.nowMs > deadlineFacts(state).lastForwardMs) {
    if (state.flags.includes('manual')) return refuse('too_close_to_delivery', 'less than 24 hours before deliverBy');
    callPerson(draft, 'too_close_to_delivery');
    return draft;
  }
  draft.effects.push({ type: 'drivePayout' });
  const forward = requestedMachine({
    externalId: effectKey(context.paymentId, context.seq, 0),
    coin: state.provider.coin,
    wallet: state.provider.hotWallet,
    destination: state.vault,
    amount,
    callbackUrl: signal.callbackUrl,
    requestedAtMs: context.nowMs,
  });
  set(draft, { forward, forwardDead: false });
  return draft;
}

/** Whether a wallet sent a transfer; only a listed token's word about its senders is believed, and only that has a symbol in the books. */
export function isSentBy(transfer: Transfer, wallet: string): boolean {
  return isListed(transfer) && transfer.senders.includes(wallet);
}

/** Books money that came into the vault from the provider's hot wallet; it is never a buyer's payment. */
export function forwardArrived(draft: Draft, arrival: Omit<Arrival, 'purpose'>): Draft {
  const forward = openForward(draft.state);
  const expected = forward !== null && arrival.asset === ownAsset(draft.state) && arrival.amount === forward.amount;
  keep(draft, { ...arrival, purpose: expected ? 'forward' : 'surplusForward' });
  if (!expected) {
    const to = account.excess('contract', draft.state.id);
    move(draft, arrival.asset, { from: account.platform, to, amount: arrival.amount });
    callPerson(draft, 'surplus_forward');
    return draft;
  }
  handOver(draft, 'provider', 'contract', arrival.amount);
  set(draft, { forward: { ...forward, stage: 'confirmed', txHash: arrival.txHash } });
  draft.effects.push({ type: 'event', event: { name: 'payment.updated', type: 'escrow_forwarded' } });
  return draft;
}

/** The open forward is proven dead; a person decides between a new one and a refund by payout. */
export function forwardFailed(draft: Draft, signal: SignalOf<'forwardFailed'>): Verdict {
  const forward = openForward(draft.state);
  if (forward === null) return same('no_open_forward');
  if (hasGoneOn(forward, signal.judged)) return refuse('not_applicable', 'the forward has gone on meanwhile');
  set(draft, { forward: { ...forward, stage: 'dead', reason: signal.proof }, forwardDead: true });
  draft.effects.push({ type: 'alarm', reason: 'forward_failed' });
  return draft;
}

/** Drops a forward that nobody asked the provider for yet, when it would send more than is there now. */
export function dropIdleForward(draft: Draft): void {
  const forward = openForward(draft.state);
  const idle = forward?.stage === 'requested' || forward?.stage === 'waiting';
  if (forward === null || !idle || forward.amount <= heldBy(draft.state, 'provider')) return;
  set(draft, { forward: { ...forward, stage: 'dead', reason: 'the_price_shrank_before_it_was_sent' } });
}

/** Takes a forward's arrival back after a reorganisation; the transaction may be mined again. */
export function undoForward(draft: Draft, arrival: Arrival): void {
  voidSettlement(draft);
  const { state } = draft;
  if (arrival.purpose === 'surplusForward') {
    take(
      draft,
      arrival.asset,
      [account.excess('contract', state.id), account.held('contract', state.id)],
      arrival.amount,
    );
    book(draft, [{ account: account.platform, asset: arrival.asset, amount: arrival.amount }]);
    return;
  }
  handOver(draft, 'contract', 'provider', arrival.amount);
  const { forward } = draft.state;
  if (forward?.txHash === arrival.txHash) set(draft, { forward: { ...forward, stage: 'broadcast' } });
}

/** Moves the price from one custody to the other; what is not needed for the price becomes an excess there. */
function handOver(draft: Draft, from: 'provider' | 'contract', to: 'provider' | 'contract', amount: bigint): void {
  const { id, status } = draft.state;
  const asset = ownAsset(draft.state);
  const sources = status === 'completed' && from === 'provider' ? [] : [account.excess(from, id)];
  take(draft, asset, [account.held(from, id), ...sources], amount);
  const missing = status === 'completed' ? missingFromPrice(draft.state) : 0n;
  const toPrice = smaller(missing, amount);
  book(draft, [
    { account: account.held(to, id), asset, amount: toPrice },
    { account: account.excess(to, id), asset, amount: amount - toPrice },
  ]);
}

function keep(draft: Draft, arrival: Arrival): void {
  const { state }: { state: PaymentState } = draft;
  set(draft, { arrivals: [...state.arrivals, arrival] });
}
