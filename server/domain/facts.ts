import { account, assetName, balanceOf } from './ledger.ts';
import type { PayoutMachine } from './payout.ts';
import { isEnded } from './payoutMachine.ts';
import {
  type Arrival,
  type Custody,
  type EscrowState,
  type Flag,
  flags,
  type Outline,
  type PaymentState,
  type PaymentStatus,
} from './state.ts';

const hourMs = 3_600_000;

/** The one escrow state each payment status may stand with. */
export const legalEscrowState = {
  pending: 'unfunded',
  processing: 'unfunded',
  completed: 'funded',
  failed: 'unfunded',
  cancelled: 'unfunded',
  released: 'released',
  refunded: 'refunded',
} as const satisfies Record<PaymentStatus, EscrowState>;

type Books = Pick<PaymentState, 'id' | 'asset' | 'balances'>;

export const ownAsset = (state: Pick<Books, 'asset'>) => assetName(state.asset);

const balance = (state: Books, name: string) => balanceOf(state.balances, name, ownAsset(state));
export const heldBy = (state: Books, custody: Custody) => balance(state, account.held(custody, state.id));
export const excessAt = (state: PaymentState, custody: Custody) => balance(state, account.excess(custody, state.id));
export const heldTotal = (state: PaymentState) => heldBy(state, 'contract') + heldBy(state, 'provider');
export const excessTotal = (state: PaymentState) => excessAt(state, 'contract') + excessAt(state, 'provider');
/** What the contract keeps of the payment's shares because their receivers did not take them. */
export const creditTotal = (state: PaymentState) =>
  [state.terms.seller, state.terms.refundTo].reduce(
    (total, owner) => total + balance(state, account.credit(owner.toLowerCase(), state.id)),
    0n,
  );
export const reservedInContract = (state: PaymentState) => balance(state, account.pending('contract', state.id));

const standing = (state: PaymentState): Arrival[] =>
  state.arrivals.filter(
    (arrival) => !arrival.reversed && arrival.purpose === 'payment' && arrival.asset === ownAsset(state),
  );
const sum = (arrivals: readonly Arrival[]) => arrivals.reduce((total, arrival) => total + arrival.amount, 0n);

/** What buyers really paid so far in the payment's own asset, on time or not. */
export const paidTotal = (state: PaymentState) => sum(standing(state));

/** What covers the price by itself: only transfers mined before the expiry, unless an admin accepted the late ones. */
export const countedTotal = (state: PaymentState) =>
  state.lateAccepted ? paidTotal(state) : sum(standing(state).filter((arrival) => arrival.onTime));

/** Whether any late transfer still stands. */
export const hasLateMoney = (state: PaymentState) => standing(state).some((arrival) => !arrival.onTime);

/** The price's money on its way out through the provider. */
export const heldPayouts = (state: PaymentState) =>
  state.payouts
    .filter((payout) => payout.outcome === 'open' && payout.account === account.held('provider', state.id))
    .reduce((total, payout) => total + payout.amount, 0n);

/** How much of the price a reversal has taken away from a funded payment and nothing has brought back. */
export function missingFromPrice(state: PaymentState): bigint {
  const reserved = state.settlement?.origin === 'held' ? reservedInContract(state) : 0n;
  const missing = state.price - state.released - state.refunded - heldTotal(state) - reserved - heldPayouts(state);
  return missing > 0n ? missing : 0n;
}

/** Whether the buyer's standing transfers still carry the price; false only after a reversal. */
export const isCovered = (state: PaymentState) =>
  !state.flags.includes('reorged') || (paidTotal(state) >= state.price && missingFromPrice(state) === 0n);

/** The contract's record has given everything away: nothing can be settled from the vault any more. */
export const isContractClosed = (state: PaymentState) => state.settled >= state.price;

/** The forward that may still move money, if there is one. */
export const openForward = (state: PaymentState): PayoutMachine | null =>
  state.forward === null || isEnded(state.forward) ? null : state.forward;

/** Whether the provider holds a part of the whole price that a forward can bring into a vault of use. */
export function canForward(state: PaymentState): boolean {
  const waiting = state.status === 'completed' && heldBy(state, 'provider') > 0n && openForward(state) === null;
  return waiting && missingFromPrice(state) === 0n && isVaultOfUse(state);
}

/** A vault that cannot get the whole price settles nothing: none of it may have gone back from the provider, nor the record be closed. */
export function isVaultOfUse(state: PaymentState): boolean {
  const name = account.held('provider', state.id);
  const wentBack = state.payouts.some((payout) => payout.account === name && payout.outcome !== 'failed');
  return !wentBack && !isContractClosed(state);
}

/** Whether the escrow holds the price, has released it, or has given it back. */
export function escrowStateOf(state: Outline): EscrowState {
  return state.direction === 'in' ? legalEscrowState[state.status] : 'unfunded';
}

/** Who holds the price now. */
export function custodyOf(state: Outline): Custody | 'none' {
  if (state.direction !== 'in') return 'none';
  if (heldBy(state, 'provider') > 0n) return 'provider';
  return state.status === 'completed' ? 'contract' : 'none';
}

/** The first exceptional fact that applies, in the fixed order of the flags. */
export function exceptionOf(state: Pick<Outline, 'flags'>): Flag | 'none' {
  return flags.find((flag) => state.flags.includes(flag)) ?? 'none';
}

/** The moments after which something about the payment changes by itself, all derived from its terms. */
export function deadlineFacts(state: PaymentState) {
  return {
    expiresAtMs: state.expiresAtMs,
    watchUntilMs: state.watchUntilMs,
    /** The last moment to begin a forward or accept late money: 24 hours before `deliverBy`. */
    lastForwardMs: state.terms.deliverBy * 1000 - 24 * hourMs,
    /** When a signer may take a short vault's money back, and when anybody may. */
    recoverableBySignerMs: state.terms.fundBy * 1000 + 1000,
    recoverableByAnyoneMs: state.terms.deliverBy * 1000 + 1000,
  };
}
