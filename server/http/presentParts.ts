import { formatAmount } from '../domain/money.ts';
import type { PayoutMachine } from '../domain/payout.ts';
import type { Arrival, PaymentState } from '../domain/state.ts';
import type { PaymentDocument, PayoutDocument } from './schemas/paymentDocument.ts';

/** Spells an address as EIP-55 has it. */
export type Spell = (address: string) => string;

/** A time on the wire. */
export const iso = (ms: number) => new Date(ms).toISOString();

/** Where and how much to pay. */
export function payToOf(state: PaymentState, spell: Spell): PaymentDocument['payTo'] {
  const { asset, provider } = state;
  // Where a provider takes the money only its one-time address is ever shown, so until it is known there is none.
  const address = provider === null ? state.vault : provider.address;
  return {
    address: address === null ? null : spell(address),
    amount: formatAmount(state.price, asset.decimals),
    network: asset.network,
    token: asset.token,
    tokenAddress: spell(asset.tokenAddress),
    chainId: asset.chainId,
  };
}

/** The full terms, so that everybody can leave the escrow without us. */
export function termsOf({ terms }: PaymentState, spell: Spell): PaymentDocument['terms'] {
  return {
    buyer: spell(terms.buyer),
    seller: spell(terms.seller),
    token: spell(terms.token),
    amount: String(terms.amount),
    fundBy: String(terms.fundBy),
    deliverBy: String(terms.deliverBy),
    inspection: String(terms.inspection),
    feeBps: String(terms.feeBps),
    disputeSellerBps: String(terms.disputeSellerBps),
    milestonesHash: terms.milestonesHash,
    refundTo: spell(terms.refundTo),
    ref: terms.ref,
  };
}

/** The prepared settlement, as far as it has come. */
export function settlementOf(state: PaymentState, spell: Spell): PaymentDocument['settlement'] {
  const open = state.settlement;
  if (!open) return null;
  const { decimals } = state.asset;
  return {
    state: open.seenTxHash === null ? 'open' : 'seen',
    kind: open.kind,
    settleSeq: open.settleSeq,
    toSeller: formatAmount(open.toSeller, decimals),
    toBuyer: formatAmount(open.toBuyer, decimals),
    validUntil: iso(open.validUntil * 1000),
    digest: open.digest,
    signedBy: open.signatures.map((entry) => spell(entry.signer)),
    txHash: open.seenTxHash,
  };
}

/** A payout or forward, as far as it has come; where it goes only when `spell` is given. */
export function machineOf(payout: PayoutMachine, decimals: number, spell: Spell | null): PayoutDocument['payout'] {
  return {
    externalId: payout.externalId,
    stage: payout.stage,
    amount: formatAmount(payout.amount, decimals),
    ...(spell === null ? {} : { destination: spell(payout.destination) }),
    taskId: payout.taskId,
    txHash: payout.txHash,
    reason: payout.reason,
  };
}

const inPrice = (state: PaymentState, arrival: Arrival) =>
  arrival.tokenAddress.toLowerCase() === state.asset.tokenAddress.toLowerCase();

/** Transfers of the buyer that stand; a forward into the vault is our own. */
export const buyersTransfers = (state: PaymentState) =>
  state.arrivals.filter((arrival) => !arrival.reversed && arrival.purpose === 'payment');

/** The transfers that were booked; one that a reorganisation undid stays, unconfirmed. */
export function transactionsOf(state: PaymentState, spell: Spell): PaymentDocument['transactions'] {
  return state.arrivals.map((arrival) => ({
    txHash: arrival.txHash,
    receiver: spell(arrival.receiver),
    network: state.asset.network,
    tokenAddress: spell(arrival.tokenAddress),
    // The decimals of a token that is not listed are not known.
    amount: inPrice(state, arrival) ? formatAmount(arrival.amount, state.asset.decimals) : null,
    blockNumber: arrival.blockNumber,
    blockTime: iso(arrival.blockTimeMs),
    purpose: arrival.purpose,
    onTime: arrival.onTime,
    confirmed: !arrival.reversed,
  }));
}

/** What a client once stored beside its payment. */
export function metadataOf(text: string | null): Record<string, unknown> | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
