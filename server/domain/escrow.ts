import { claim } from './claim.ts';
import { book, callPerson, type Draft, move, type Refused, refuse, same, set, take, type Verdict } from './draft.ts';
import { excessAt, heldBy, heldPayouts, heldTotal, isContractClosed, isCovered, ownAsset } from './facts.ts';
import { dropIdleForward } from './forward.ts';
import { account } from './ledger.ts';
import { smaller } from './money.ts';
import type { SettledFact, SignalOf } from './signal.ts';
import type { OpenSettlement, PaymentState } from './state.ts';
import { endEffects } from './trade.ts';
import { voidSettlement } from './voiding.ts';

/** Reserves the money of a settlement that admins are going to sign: a funded payment's price, or late money in an unfunded vault. */
export function settlementPrepared(draft: Draft, signal: SignalOf<'settlementPrepared'>): Verdict {
  const { state } = draft;
  const open = state.settlement;
  if (open !== null) {
    const repeated =
      open.kind === signal.settlement && open.toSeller === signal.toSeller && open.toBuyer === signal.toBuyer;
    return repeated ? same('already_prepared') : refuse('settlement_open', 'another settlement is prepared');
  }
  const origin = state.status === 'completed' ? 'held' : 'excess';
  const problem =
    amountProblem(signal) ?? (origin === 'held' ? heldProblem(state, signal) : excessProblem(state, signal));
  if (problem !== null) return problem;
  const amount = signal.toSeller + signal.toBuyer;
  book(draft, [
    { account: account[origin]('contract', state.id), asset: ownAsset(state), amount: -amount },
    { account: account.pending('contract', state.id), asset: ownAsset(state), amount },
  ]);
  const { settleSeq, toSeller, toBuyer, validUntil, digest, settlement: kind } = signal;
  const settlement = {
    kind,
    settleSeq,
    toSeller,
    toBuyer,
    validUntil,
    digest,
    origin,
    signatures: [],
    seenTxHash: null,
  };
  set(draft, { settlement: settlement as OpenSettlement });
  return draft;
}

function amountProblem({ settlement, toSeller, toBuyer }: SignalOf<'settlementPrepared'>): Refused | null {
  const fits =
    toSeller >= 0n &&
    toBuyer >= 0n &&
    (settlement === 'split'
      ? toSeller > 0n && toBuyer > 0n
      : settlement === 'release'
        ? toBuyer === 0n
        : toSeller === 0n);
  return fits && toSeller + toBuyer > 0n ? null : refuse('amount_invalid', `the amounts are no ${settlement}`);
}

function heldProblem(state: PaymentState, signal: SignalOf<'settlementPrepared'>): Refused | null {
  if (state.riskHold) return refuse('risk_hold', 'screening holds this payment');
  if (isContractClosed(state)) return refuse('already_final', 'the contract closed this payment');
  if (heldBy(state, 'provider') > 0n) return refuse('escrow_forwarding', 'the price is on its way into the vault');
  if (!isCovered(state)) return refuse('not_funded', 'a reorganisation took part of the price');
  if (!signal.final) return refuse('escrow_not_final', 'the price is not yet final on the chain');
  if (signal.toSeller + signal.toBuyer > heldBy(state, 'contract'))
    return refuse('amount_exceeds_balance', 'the escrow holds less than that');
  return null;
}

function excessProblem(state: PaymentState, signal: SignalOf<'settlementPrepared'>): Refused | null {
  const there = excessAt(state, 'contract');
  if (signal.settlement !== 'refund' || there === 0n) return refuse('not_funded', 'the payment is not funded');
  if (state.riskHold) return refuse('risk_hold', 'screening holds this payment');
  if (isContractClosed(state) || there < state.price)
    return refuse('refund_waits', 'the contract settles a full vault only; less is recovered after a deadline');
  if (!signal.final) return refuse('escrow_not_final', 'the money is not yet final on the chain');
  return signal.toBuyer === state.price ? null : refuse('amount_invalid', 'an unfunded vault refunds the whole price');
}

/** Keeps a signer's signature over the open settlement; each seat once, by what it gave last: the holder or his contract may have changed. */
export function settlementSigned(draft: Draft, signal: SignalOf<'settlementSigned'>): Verdict {
  const open = draft.state.settlement;
  if (open === null || open.digest !== signal.digest)
    return refuse('no_open_settlement', 'nothing like that is prepared');
  if (draft.state.riskHold) return refuse('risk_hold', 'screening holds this payment');
  const { index, signer, signature } = signal;
  const given = open.signatures.find((entry) => entry.index === index);
  if (given?.signer === signer && given.signature === signature) return same('already_signed');
  const others = open.signatures.filter((entry) => entry !== given);
  const signatures = [...others, { index, signer, signature }].sort((a, b) => a.index - b.index);
  set(draft, { settlement: { ...open, signatures } });
  return draft;
}

const matches = (open: OpenSettlement, fact: SettledFact) =>
  open.settleSeq === fact.settleSeq && open.toSeller === fact.toSeller && open.toBuyer === fact.toBuyer;

/** Notes that the open settlement was mined but is not yet final. */
export function settlementSeen(draft: Draft, { fact }: SignalOf<'settlementSeen'>): Verdict {
  const open = draft.state.settlement;
  if (open === null || !isOwnFact(draft.state, fact) || !matches(open, fact)) return same('not_the_open_settlement');
  if (open.seenTxHash === fact.txHash) return same('already_seen');
  set(draft, { settlement: { ...open, seenTxHash: fact.txHash } });
  return draft;
}

/** Forgets a mined settlement that left the chain again before it was final. */
export function settlementOrphaned(draft: Draft, signal: SignalOf<'settlementOrphaned'>): Verdict {
  const open = draft.state.settlement;
  if (open === null || open.seenTxHash !== signal.txHash) return same('never_seen');
  set(draft, { settlement: { ...open, seenTxHash: null } });
  return draft;
}

/** Gives the reserved money back after proof that the settlement can no longer happen. */
export function settlementVoided(draft: Draft, signal: SignalOf<'settlementVoided'>): Verdict {
  if (draft.state.settlement?.digest !== signal.digest) return same('not_open');
  voidSettlement(draft);
  return draft;
}

const isOwnFact = (state: PaymentState, fact: { chainId: number; termsId: string }) =>
  fact.termsId === state.termsId && fact.chainId === state.asset.chainId;

/**
 * Books a final `Settled` event, whoever signed it. One that is not the open settlement (another amount or sequence, a timer, a party's own)
 * voids the open one: the contract's sequence is used up or the record is closed.
 */
export function settlementConfirmed(draft: Draft, { fact }: SignalOf<'settlementConfirmed'>): Verdict {
  const { state } = draft;
  if (!isOwnFact(state, fact)) return refuse('evidence_mismatch', 'the settlement is of another payment');
  if (fact.fee > fact.toSeller) return refuse('evidence_mismatch', 'the fee is more than the release');
  if (!creditsFit(state, fact)) return refuse('evidence_mismatch', 'the credits are no part of the settlement');
  draft.claims.push(claim.outcome(fact.chainId, fact.termsId, fact.settleSeq));
  const gross = fact.toSeller + fact.toBuyer;
  const names = (['held', 'excess'] as const).map((kind) => account[kind]('contract', state.id));
  if (state.settlement !== null && matches(state.settlement, fact)) {
    take(draft, ownAsset(state), [account.pending('contract', state.id)], gross);
    set(draft, { settlement: null });
  } else {
    voidSettlement(draft);
    take(draft, ownAsset(state), names, gross);
    const usedExcess = excessAt(draft.state, 'contract') < excessAt(state, 'contract');
    if (state.status === 'completed' && usedExcess) callPerson(draft, 'settled_from_excess');
  }
  payOut(draft, fact);
  claimPoolCredits(draft, fact);
  const settled = state.settled + gross;
  set(draft, { settled: smaller(settled, state.price) });
  count(draft, fact);
  if (fact.credits.length > 0)
    draft.effects.push({ type: 'event', event: { name: 'payment.updated', type: 'payment_credited' } });
  return draft;
}

/** The account of money that reached the seller's side: gone to him, or owed from the treasury. */
const sellerAccount = (state: PaymentState) =>
  state.sellerIsPlatform ? account.owedSeller(state.sellerId, state.id) : account.paidSeller(state.sellerId);

/** The account of money that reached the buyer's side: gone to him, or owed from the platform's refund wallet. */
export const buyerAccount = (state: PaymentState) =>
  state.refundIsPlatform ? account.owedBuyer(state.buyerId, state.id) : account.returnedBuyer(state.buyerId);

/** The account of a share's receiver in the books; null for an address that the terms do not pay. */
export function receiverAccount(state: PaymentState, address: string): string | null {
  if (address === state.terms.seller.toLowerCase()) return sellerAccount(state);
  return address === state.terms.refundTo.toLowerCase() ? buyerAccount(state) : null;
}

const creditedTo = (fact: SettledFact, address: string) =>
  fact.credits
    .filter((share) => share.account === address.toLowerCase())
    .reduce((total, { amount }) => total + amount, 0n);

function creditsFit({ terms }: PaymentState, fact: SettledFact): boolean {
  const [seller, buyer] = [creditedTo(fact, terms.seller), creditedTo(fact, terms.refundTo)];
  const total = fact.credits.reduce((sum, { amount }) => sum + amount, 0n);
  return seller <= fact.toSeller - fact.fee && buyer <= fact.toBuyer && total === seller + buyer;
}

/** Only the pool's withdrawals name no payment: these claims lead back to it. */
function claimPoolCredits(draft: Draft, { credits, chainId, blockNumber, termsId }: SettledFact): void {
  const { tokenAddress } = draft.state.asset;
  for (const { account: owner, logIndex, inVault } of credits) {
    if (inVault) continue;
    draft.claims.push(claim.poolCredit({ chainId, account: owner, tokenAddress }, { blockNumber, logIndex }, termsId));
  }
}

function payOut(draft: Draft, fact: SettledFact): void {
  const { state } = draft;
  const asset = ownAsset(state);
  const { seller, refundTo } = state.terms;
  book(draft, [
    { account: sellerAccount(state), asset, amount: fact.toSeller - fact.fee - creditedTo(fact, seller) },
    { account: account.fees(state.marketplaceId), asset, amount: fact.fee },
    { account: buyerAccount(state), asset, amount: fact.toBuyer - creditedTo(fact, refundTo) },
    ...fact.credits.map(({ account: owner, amount }) => ({ account: account.credit(owner, state.id), asset, amount })),
  ]);
  set(draft, { fees: state.fees + fact.fee });
}

/** Adds a settlement to what was released and refunded, and ends the payment when nothing of the price is left. */
function count(draft: Draft, fact: SettledFact): void {
  const { state } = draft;
  if (state.status === 'released' || state.status === 'refunded') {
    callPerson(draft, 'settled_after_the_end');
    return;
  }
  set(draft, { released: state.released + fact.toSeller, refunded: state.refunded + fact.toBuyer });
  freeProviderMoney(draft);
  const moved = fact.toSeller > 0n ? 'payment_released' : 'payment_refunded';
  const ended = endIfEmpty(draft);
  const type = ended ? (`payment_${draft.state.status}` as typeof moved) : moved;
  draft.effects.push({ type: 'event', event: { name: 'payment.updated', type } });
}

/** The vault may have paid the price out of an excess; then as much of what the provider holds is no price any more. */
function freeProviderMoney(draft: Draft): void {
  const { state } = draft;
  const due = state.price - state.released - state.refunded - heldPayouts(state);
  const amount = smaller(heldTotal(state) - due, heldBy(state, 'provider'));
  if (amount <= 0n) return;
  const to = account.excess('provider', state.id);
  move(draft, ownAsset(state), { from: account.held('provider', state.id), to, amount });
  dropIdleForward(draft);
}

/** Ends a funded payment once nothing of its price is held, reserved or being paid out; says whether it did. */
export function endIfEmpty(draft: Draft): boolean {
  const { state } = draft;
  if (state.status !== 'completed' || state.settlement !== null) return false;
  if (heldTotal(state) > 0n || heldPayouts(state) > 0n) return false;
  set(draft, { status: state.released > 0n ? 'released' : 'refunded' });
  draft.effects.push(...endEffects(draft.state));
  return true;
}
