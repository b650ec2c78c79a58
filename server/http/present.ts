import { noSuchPayment } from '../commands/rules/refusal.ts';
import { creditTotal, custodyOf, escrowStateOf, exceptionOf } from '../domain/facts.ts';
import { formatAmount } from '../domain/money.ts';
import type { PaymentState, PayoutState } from '../domain/state.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor, Versioned } from '../ports.ts';
import { ownershipOf } from './policies.ts';
import {
  buyersTransfers,
  iso,
  machineOf,
  metadataOf,
  payToOf,
  type Spell,
  settlementOf,
  termsOf,
  transactionsOf,
} from './presentParts.ts';
import type { PaymentDocument, PayoutDocument } from './schemas/paymentDocument.ts';

/** Who reads a document; null is somebody who only has the link. */
type Viewer = Actor | null;
const operates = (viewer: Viewer) => viewer !== null && ownershipOf(viewer) === null;

function commonOf({ state, seq, createdAtMs, updatedAtMs }: Versioned<PaymentState | PayoutState>, viewer: Viewer) {
  const { asset } = state;
  const amountExact = formatAmount(state.price, asset.decimals);
  return {
    id: state.id,
    _id: state.id,
    paymentId: state.id,
    seq,
    status: state.status,
    escrowState: escrowStateOf(state),
    custody: custodyOf(state),
    exception: exceptionOf(state),
    flags: [...state.flags],
    failureReason: state.failureReason,
    purchaseRequestId: state.requestId,
    sellerOfferId: state.offerId,
    buyerId: state.buyerId,
    sellerId: state.sellerId,
    amount: Number(amountExact),
    amountExact,
    currency: asset.token,
    token: asset.token,
    network: asset.network,
    blockchain: { network: asset.network, token: asset.token },
    // The buyer's own notes, which may name him.
    metadata: operates(viewer) || viewer?.userId === state.buyerId ? metadataOf(state.metadata) : null,
    createdAt: iso(createdAtMs),
    updatedAt: iso(updatedAtMs),
  };
}

/** Sums of a payment in decimals. */
function sumsOf({ state, received }: Versioned<PaymentState>) {
  const { decimals } = state.asset;
  return {
    receivedAmount: formatAmount(received, decimals),
    releasedAmount: formatAmount(state.released, decimals),
    refundedAmount: formatAmount(state.refunded, decimals),
    feeAmount: formatAmount(state.fees, decimals),
    creditedAmount: formatAmount(creditTotal(state), decimals),
  };
}

/** What a buyer needs to pay, in every answer that shows a payment. */
function paymentTermsOf(state: PaymentState, spell: Spell, base: string) {
  return {
    paymentUrl: `${base}/pay/${state.id}`,
    externalId: state.provider?.externalId ?? null,
    expiresAt: iso(state.expiresAtMs),
    payTo: payToOf(state, spell),
    termsId: state.termsId,
    vault: spell(state.vault),
    terms: termsOf(state, spell),
  };
}

function presentPayment(
  versioned: Versioned<PaymentState>,
  viewer: Viewer,
  spell: Spell,
  base: string,
): PaymentDocument {
  const { state } = versioned;
  const destinations = operates(viewer);
  const { decimals } = state.asset;
  return {
    ...commonOf(versioned, viewer),
    ...sumsOf(versioned),
    ...paymentTermsOf(state, spell, base),
    direction: 'in',
    delivered: state.delivered,
    provider: state.rail,
    rail: state.rail,
    transactionHash: buyersTransfers(state)[0]?.txHash ?? null,
    settlement: settlementOf(state, spell),
    forward: state.forward === null ? null : machineOf(state.forward, decimals, destinations ? spell : null),
    transactions: transactionsOf(state, spell),
    payouts: state.payouts.map((entry) => ({
      payoutId: entry.payoutId,
      amount: formatAmount(entry.amount, decimals),
      ...(destinations ? { destination: spell(entry.destination) } : {}),
      outcome: entry.outcome,
    })),
  };
}

function presentPayout(versioned: Versioned<PayoutState>, viewer: Viewer, spell: Spell): PayoutDocument {
  const { state } = versioned;
  return {
    ...commonOf(versioned, viewer),
    direction: 'out',
    provider: 'shkeeper',
    externalId: state.machine.externalId,
    taskId: state.machine.taskId ?? state.machine.externalId,
    sourcePaymentId: state.source.paymentId,
    payout: machineOf(state.machine, state.asset.decimals, operates(viewer) ? spell : null),
  };
}

/** Turns our records into the documents of the API; the only place where base units become decimals on the wire. */
export function createPresenter(deps: { gateway: Pick<EscrowGateway, 'checksum'>; publicUrl: string }) {
  const spell: Spell = (address) => deps.gateway.checksum(address);
  const base = deps.publicUrl.replace(/\/+$/, '');
  const payment = (versioned: Versioned<PaymentState>, viewer: Viewer) =>
    presentPayment(versioned, viewer, spell, base);
  const payout = (versioned: Versioned<PayoutState>, viewer: Viewer) => presentPayout(versioned, viewer, spell);

  return {
    payment,
    payout,
    /** A payment or a payout; the log of nobody's money is no document. */
    any({ state, ...versions }: Versioned, viewer: Viewer): PaymentDocument | PayoutDocument {
      if (state.direction === 'in') return payment({ state, ...versions }, viewer);
      if (state.direction === 'out') return payout({ state, ...versions }, viewer);
      throw noSuchPayment();
    },
    intent(state: PaymentState) {
      const { id: paymentId, status } = state;
      return { paymentId, status, escrowState: escrowStateOf(state), ...paymentTermsOf(state, spell, base) };
    },
  };
}
export type Presenter = ReturnType<typeof createPresenter>;
