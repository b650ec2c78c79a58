import { arrivalKey, claim } from './claim.ts';
import { book, callPerson, type Draft, refuse, same, set, take, type Verdict } from './draft.ts';
import { heldBy, isVaultOfUse, missingFromPrice, openForward, ownAsset } from './facts.ts';
import { account, balanceOf } from './ledger.ts';
import { returned } from './mirror.ts';
import { smaller } from './money.ts';
import { approvalHash, nextPayout } from './payoutApproval.ts';
import { advance, type MachineSignal, postClaims } from './payoutMachine.ts';
import type { PayoutSource, SignalOf } from './signal.ts';
import type { PaymentState, PayoutReservation } from './state.ts';
import { zeroAddress } from './terms.ts';

// More payouts out of one payment than anybody needs; the bound keeps the state small.
const payoutsMax = 100;

const pendingPlace = {
  'excess:provider': 'provider',
  'held:provider': 'provider',
  'owed:seller': 'treasury',
  'owed:buyer': 'refunds',
} as const satisfies Record<PayoutSource, string>;

/** The account of a payment that a payout leaves from. */
export function sourceAccount(state: PaymentState, from: PayoutSource): string {
  if (from === 'owed:seller') return account.owedSeller(state.sellerId, state.id);
  if (from === 'owed:buyer') return account.owedBuyer(state.buyerId, state.id);
  return account[from === 'held:provider' ? 'held' : 'excess']('provider', state.id);
}

/** Reserves money for a payout and asks for the record that sends it. */
export function payoutRequested(draft: Draft, signal: SignalOf<'payoutRequested'>): Verdict {
  const { state } = draft;
  if (state.payouts.some((payout) => payout.payoutId === signal.payoutId)) return same('already_requested');
  if (state.riskHold) return refuse('risk_hold', 'screening holds this payment');
  if (signal.destination === '' || signal.destination === zeroAddress)
    return refuse('refund_address_missing', 'a payout needs an address');
  if (signal.amount <= 0n) return refuse('amount_invalid', 'a payout needs an amount');
  if (state.payouts.length >= payoutsMax) return refuse('limit_reached', 'too many payouts');
  if (signal.from === 'held:provider' && !mayLeaveProvider(state))
    return refuse('escrow_forwarding', 'the price goes into the vault unless its forward is proven dead');
  const from = sourceAccount(state, signal.from);
  const asset = ownAsset(state);
  if (signal.amount > balanceOf(state.balances, from, asset))
    return refuse('amount_exceeds_balance', 'the account holds less than that');
  const n = nextPayout(state);
  if (signal.approval !== undefined) {
    const { amount, destination } = signal;
    const proposed = { paymentId: state.id, n, account: from, asset: state.asset, amount, destination };
    if (signal.approval !== approvalHash({ ...proposed, actor: draft.context.actor }))
      return refuse('approval_mismatch', 'the approval is of another payout');
    draft.claims.push(claim.approval(signal.approval));
  }
  const pendingAccount = account.pending(pendingPlace[signal.from], state.id);
  book(draft, [
    { account: from, asset, amount: -signal.amount },
    { account: pendingAccount, asset, amount: signal.amount },
  ]);
  const { payoutId, amount, destination } = signal;
  const reservation = { n, payoutId, account: from, pendingAccount, amount, destination, outcome: 'open' } as const;
  set(draft, { payouts: [...state.payouts, reservation] });
  draft.claims.push(claim.payout(state.id, n));
  if (signal.turn !== undefined) draft.claims.push(claim.payoutTurn(asset, signal.turn));
  draft.effects.push({ type: 'openPayoutRecord', n });
  return draft;
}

/** The price may leave the provider other than into the vault once no forward moves it and the vault is out of reach or of no use. */
function mayLeaveProvider(state: PaymentState): boolean {
  const useless = state.forwardDead || !isVaultOfUse(state) || missingFromPrice(state) > 0n;
  return state.status === 'completed' && openForward(state) === null && useless;
}

const withOutcome = (state: PaymentState, n: number, outcome: PayoutReservation['outcome']) =>
  state.payouts.map((payout) => (payout.n === n ? { ...payout, outcome } : payout));

/** Books a payout that reached its destination; also one that was given up too early, since money that left is a fact. */
export function payoutSucceeded(draft: Draft, { n, transfer }: SignalOf<'payoutSucceeded'>): Verdict {
  const { state } = draft;
  const payout = state.payouts.find((reservation) => reservation.n === n);
  if (payout === undefined) return refuse('payout_not_open', 'there is no such payout');
  if (payout.outcome === 'succeeded') return same('already_succeeded');
  if (transfer !== null) {
    const fits =
      transfer.receiver.toLowerCase() === payout.destination.toLowerCase() && transfer.amount === payout.amount;
    if (!fits) return refuse('evidence_mismatch', 'the transfer is not this payout');
    draft.claims.push(claim.transfer(arrivalKey(transfer), 0));
  }
  const asset = ownAsset(state);
  const wasOpen = payout.outcome === 'open';
  if (!wasOpen) callPerson(draft, 'dead_payout_succeeded');
  take(draft, asset, [wasOpen ? payout.pendingAccount : payout.account], payout.amount);
  const toSeller = payout.account === sourceAccount(state, 'owed:seller');
  const to = toSeller ? account.paidSeller(state.sellerId) : account.returnedBuyer(state.buyerId);
  book(draft, [{ account: to, asset, amount: payout.amount }]);
  set(draft, { payouts: withOutcome(state, n, 'succeeded') });
  if (payout.pendingAccount !== account.pending('provider', state.id)) return draft;
  returned(draft, payout.amount, payout.account === account.held('provider', state.id) ? payout.amount : 0n);
  return draft;
}

/** Gives the reserved money back after a payout is proven dead. */
export function payoutFailed(draft: Draft, { n }: SignalOf<'payoutFailed'>): Verdict {
  const { state } = draft;
  const payout = state.payouts.find((reservation) => reservation.n === n);
  if (payout === undefined) return refuse('payout_not_open', 'there is no such payout');
  if (payout.outcome !== 'open') return same(`already_${payout.outcome}`);
  const asset = ownAsset(state);
  const reserved = balanceOf(state.balances, payout.pendingAccount, asset);
  // A reversal may have taken a part of the reservation meanwhile.
  const amount = smaller(reserved, payout.amount);
  book(draft, [
    { account: payout.pendingAccount, asset, amount: -amount },
    { account: payout.account, asset, amount },
  ]);
  set(draft, { payouts: withOutcome(state, n, 'failed') });
  return draft;
}

/** Drives the machine of the payment's own forward. */
export function driveForward(draft: Draft, signal: MachineSignal): Verdict {
  const { state, context } = draft;
  const forward = openForward(state);
  if (forward === null) return refuse('payout_not_open', 'there is no open forward');
  const next = advance(forward, signal, context.nowMs);
  if (next === null) return same('nothing_new');
  if (signal.kind === 'payoutUnknown') {
    if (forward.amount > heldBy(state, 'provider') || missingFromPrice(state) > 0n)
      return refuse('amount_exceeds_balance', 'a reversal took part of the price');
    const claims = postClaims(forward, state.asset.network, signal.slot);
    if (claims.some((name) => context.lostClaims.has(name))) return same('slot_taken');
    draft.claims.push(...claims);
  }
  set(draft, { forward: next });
  if (next.stage === 'manual') callPerson(draft, 'forward_needs_person');
  return draft;
}
