import { claim } from './claim.ts';
import { book, callPerson, type Draft, type Refused, raise, refuse, same, set, take, type Verdict } from './draft.ts';
import { buyerAccount, endIfEmpty, receiverAccount } from './escrow.ts';
import type { UpdateType } from './event.ts';
import { heldTotal, ownAsset, reservedInContract } from './facts.ts';
import { account, isListed } from './ledger.ts';
import { smaller } from './money.ts';
import type { ChainMovement, SignalOf } from './signal.ts';
import type { PaymentState } from './state.ts';
import { voidSettlement } from './voiding.ts';

/** The contract has opened or swept the record; the money was credited by the vault's balance before. */
export const swept = (): Verdict => same('mirrored');

/** The seller marked the order as delivered. */
export function delivered(draft: Draft): Verdict {
  if (draft.state.delivered) return same('already_delivered');
  set(draft, { delivered: true });
  tell(draft, 'payment_delivered');
  return draft;
}

/** The payment was frozen on the chain. */
export function disputeOpened(draft: Draft): Verdict {
  if (draft.state.flags.includes('disputed')) return same('already_disputed');
  raise(draft, 'disputed');
  tell(draft, 'payment_disputed');
  return draft;
}

const tell = (draft: Draft, type: UpdateType) =>
  draft.effects.push({ type: 'event', event: { name: 'payment.updated', type } });

function foreign(state: PaymentState, movement: ChainMovement): Refused | null {
  const own = movement.termsId === state.termsId && movement.chainId === state.asset.chainId;
  return own ? null : refuse('evidence_mismatch', 'the event is of another payment');
}

/** Books money that `recover` took out of the vault back to the buyer's side: surplus, or everything when it closed the record. */
export function recovered(draft: Draft, { movement, closed }: SignalOf<'recovered'>): Verdict {
  const { state } = draft;
  const problem = foreign(state, movement);
  if (problem !== null) return problem;
  if (!isListed(movement)) return refuse('evidence_mismatch', "a token that is not listed is nobody's promise");
  draft.claims.push(claim.movement(movement.chainId, movement.txHash, movement.termsId, movement.tokenAddress));
  if (closed) voidSettlement(draft);
  const held = heldTotal(draft.state);
  const reserved = reservedInContract(draft.state);
  const { asset, amount } = movement;
  const from = (['excess', 'held'] as const).map((kind) => account[kind]('contract', state.id));
  take(draft, asset, [...from, account.pending('contract', state.id)], amount);
  book(draft, [{ account: buyerAccount(state), asset, amount }]);
  const fromReserve = reserved - reservedInContract(draft.state);
  const fromPrice = held - heldTotal(draft.state) + (draft.state.settlement?.origin === 'held' ? fromReserve : 0n);
  if (fromReserve > 0n) voidSettlement(draft);
  if (closed) set(draft, { settled: state.price });
  if (asset === ownAsset(state)) returned(draft, amount, fromPrice);
  return draft;
}

/** Counts money that went back: on an unfunded payment all of it, on a funded one what was taken from the price. */
export function returned(draft: Draft, amount: bigint, fromPrice: bigint): void {
  const { state } = draft;
  const counted = isUnfunded(state) ? amount : fromPrice;
  if (counted === 0n || state.status === 'released' || state.status === 'refunded') return;
  set(draft, { refunded: state.refunded + counted });
  const ended = endIfEmpty(draft);
  const type = ended && draft.state.status === 'released' ? 'payment_released' : 'payment_refunded';
  draft.effects.push({ type: 'event', event: { name: 'payment.updated', type } });
}

const isUnfunded = ({ status }: PaymentState) =>
  status === 'pending' || status === 'processing' || status === 'failed' || status === 'cancelled';

/** Books money that somebody brought back to the buyer's side after a release. */
export function refundedLater(draft: Draft, { movement }: SignalOf<'refundedLater'>): Verdict {
  const problem = foreign(draft.state, movement);
  if (problem !== null) return problem;
  draft.claims.push(claim.movement(movement.chainId, movement.txHash, movement.termsId, 'refundedLater'));
  // The contract names no token here: only the payment's own is brought back.
  const asset = ownAsset(draft.state);
  book(draft, [
    { account: account.platform, asset, amount: -movement.amount },
    { account: buyerAccount(draft.state), asset, amount: movement.amount },
  ]);
  tell(draft, 'payment_refunded_later');
  return draft;
}

/** Books that a share which the contract kept for an account went out to it after all, or to where its owner sent it. */
export function creditWithdrawn(draft: Draft, signal: SignalOf<'creditWithdrawn'>): Verdict {
  const { state } = draft;
  const { movement, account: owner, redirected } = signal;
  const problem = foreign(state, movement);
  if (problem !== null) return problem;
  const receiver = receiverAccount(state, owner);
  if (receiver === null) return refuse('evidence_mismatch', 'the terms pay nothing to this account');
  draft.claims.push(claim.creditWithdrawal(movement, owner));
  const asset = ownAsset(state);
  take(draft, asset, [account.credit(owner, state.id)], movement.amount);
  book(draft, [{ account: receiver, asset, amount: movement.amount }]);
  // A party may send its own money where it likes; the platform still owes what did not reach its wallet.
  const owed = owner === state.terms.seller.toLowerCase() ? state.sellerIsPlatform : state.refundIsPlatform;
  if (redirected && owed) callPerson(draft, 'credit_redirected');
  tell(draft, 'payment_credit_withdrawn');
  return draft;
}

/** Books what the token's issuer took out of a vault: it is lost, and the contract owes that much less. */
export function shortfall(draft: Draft, { movement }: SignalOf<'shortfall'>): Verdict {
  const { state } = draft;
  const problem = foreign(state, movement);
  if (problem !== null) return problem;
  draft.claims.push(claim.movement(movement.chainId, movement.txHash, movement.termsId, 'shortfall'));
  voidSettlement(draft);
  const from = (['held', 'excess'] as const).map((kind) => account[kind]('contract', state.id));
  // The contract names no token here: only the payment's own can be short.
  const asset = ownAsset(state);
  take(draft, asset, from, movement.amount);
  book(draft, [{ account: account.loss, asset, amount: movement.amount }]);
  const settled = state.settled + movement.amount;
  set(draft, { settled: smaller(settled, state.price) });
  callPerson(draft, 'shortfall');
  return draft;
}

/** A signer used up the contract's sequence: a settlement prepared for an older one can no longer happen. */
export function seqBumped(draft: Draft, { movement, settleSeq }: SignalOf<'seqBumped'>): Verdict {
  const problem = foreign(draft.state, movement);
  if (problem !== null) return problem;
  const open = draft.state.settlement;
  if (open === null || open.settleSeq >= settleSeq) return same('nothing_to_void');
  draft.claims.push(claim.movement(movement.chainId, movement.txHash, movement.termsId, 'seqBumped'));
  voidSettlement(draft);
  return draft;
}
