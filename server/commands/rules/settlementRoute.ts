import { deadlineFacts, excessAt, heldBy, isContractClosed, openForward } from '../../domain/facts.ts';
import type { PaymentState } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import { errorOf } from './refusal.ts';

/** What an admin asks for, amounts in base units. */
export interface SettlementWish {
  readonly kind: 'release' | 'refund';
  readonly amount: bigint | null;
  readonly toSeller: bigint | null;
  readonly toBuyer: bigint | null;
}

/** How the wish is fulfilled: by the contract, or by a payout of money the provider holds. */
export type SettlementRoute =
  | { readonly via: 'settlement'; readonly toSeller: bigint; readonly toBuyer: bigint }
  | PayoutRoute;
export interface PayoutRoute {
  readonly via: 'payout';
  readonly from: 'excess:provider' | 'held:provider';
  readonly amount: bigint;
}

/** Whether an open settlement is what the wish asks for; a wish without amounts asks for whatever is open in its direction. */
export function isWished(wish: SettlementWish, open: { readonly toSeller: bigint; readonly toBuyer: bigint }): boolean {
  const own = wish.kind === 'release' ? open.toSeller : open.toBuyer;
  if (own === 0n) return false;
  if (wish.amount !== null) return wish.amount === own && own === open.toSeller + open.toBuyer;
  // As in `split`: naming one part alone says that the other gets nothing.
  const explicit = wish.toSeller !== null || wish.toBuyer !== null;
  return !explicit || ((wish.toSeller ?? 0n) === open.toSeller && (wish.toBuyer ?? 0n) === open.toBuyer);
}

function split(wish: SettlementWish, rest: bigint): SettlementRoute {
  const explicit = wish.toSeller !== null || wish.toBuyer !== null;
  const whole = wish.amount ?? rest;
  const toSeller = explicit ? (wish.toSeller ?? 0n) : wish.kind === 'release' ? whole : 0n;
  const toBuyer = explicit ? (wish.toBuyer ?? 0n) : wish.kind === 'refund' ? whole : 0n;
  if ((wish.kind === 'release' ? toSeller : toBuyer) <= 0n) {
    throw new AppError(
      'validation_failed',
      `A ${wish.kind} must give something to the ${wish.kind === 'release' ? 'seller' : 'buyer'}.`,
    );
  }
  return { via: 'settlement', toSeller, toBuyer };
}

/** The payment's price, once the vault holds all of it. */
function settleFunded(state: PaymentState, wish: SettlementWish): SettlementRoute {
  if (heldBy(state, 'provider') > 0n) {
    throw errorOf('escrow_forwarding', 'The money is on its way into the escrow; ask again in a moment.');
  }
  return split(wish, heldBy(state, 'contract'));
}

function payOut(state: PaymentState, from: 'excess:provider' | 'held:provider', wish: SettlementWish): SettlementRoute {
  if (state.refundIsPlatform) {
    throw new AppError('refund_address_missing', 'The buyer gave no address that a refund could go to.');
  }
  const there = from === 'held:provider' ? heldBy(state, 'provider') : excessAt(state, 'provider');
  const explicit = wish.toSeller !== null || wish.toBuyer !== null;
  const amount = explicit ? (wish.toBuyer ?? 0n) : (wish.amount ?? there);
  // It leaves without another signature, so a part that is left out here could not be made good.
  if (amount === 0n || (wish.toSeller ?? 0n) > 0n) {
    throw new AppError(
      'validation_failed',
      'What the provider holds can go back to the buyer only: name his part alone.',
      {
        details: { field: 'toSeller' },
      },
    );
  }
  if (amount > there)
    throw new AppError('amount_exceeds_balance', 'The provider holds less than that for this payment.');
  return { via: 'payout', from, amount };
}

function refundFunded(state: PaymentState, wish: SettlementWish): SettlementRoute {
  const excess = excessAt(state, 'provider');
  const explicit = wish.toSeller !== null || wish.toBuyer !== null;
  const meansExcess = excess > 0n && !explicit && (wish.amount === null || wish.amount <= excess);
  if (meansExcess && !state.refundIsPlatform) return payOut(state, 'excess:provider', wish);
  const forwardEnded = state.forwardDead && openForward(state) === null;
  if (forwardEnded && heldBy(state, 'provider') > 0n) return payOut(state, 'held:provider', wish);
  return settleFunded(state, wish);
}

/** Money that never became the price: first what the provider holds, then a full vault; a short vault has to wait. */
function refundUnfunded(state: PaymentState, wish: SettlementWish): SettlementRoute {
  if (excessAt(state, 'provider') > 0n) return payOut(state, 'excess:provider', wish);
  const inVault = excessAt(state, 'contract');
  if (inVault === 0n) throw new AppError('not_funded', 'No money of this payment can be refunded.');
  if (inVault >= state.price && !isContractClosed(state)) return split(wish, state.price);
  const { recoverableBySignerMs, recoverableByAnyoneMs } = deadlineFacts(state);
  throw new AppError('refund_waits', 'The vault holds less than the price; it can be recovered after a deadline.', {
    details: {
      availableAt: new Date(recoverableBySignerMs).toISOString(),
      availableToAnyoneAt: new Date(recoverableByAnyoneMs).toISOString(),
    },
  });
}

/** Chooses the first way that fits the state of the payment, or says why there is none. */
export function routeOf(state: PaymentState, wish: SettlementWish): SettlementRoute {
  switch (state.status) {
    case 'pending':
    case 'processing':
      throw new AppError('not_funded', 'The payment is not funded.');
    case 'completed':
      return wish.kind === 'release' ? settleFunded(state, wish) : refundFunded(state, wish);
    case 'failed':
    case 'cancelled':
      if (wish.kind === 'release') throw new AppError('not_funded', 'The payment is not funded.');
      return refundUnfunded(state, wish);
    case 'released':
    case 'refunded':
      if (wish.kind === 'refund' && excessAt(state, 'provider') > 0n) return payOut(state, 'excess:provider', wish);
      throw new AppError('already_final', `The payment is ${state.status}.`);
  }
}
