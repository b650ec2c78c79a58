import { formatAmount } from '../domain/money.ts';
import { custodyOf, escrowStateOf, exceptionOf } from '../domain/payment.ts';
import type { PayoutMachine } from '../domain/payout.ts';
import type { Arrival, PaymentState, PayoutState, State } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports.ts';
import type { PaymentDocument, PayoutDocument } from './schemas/paymentDocument.ts';

/** What presenters need beside the state: spelling of addresses, and where we live. */
export interface PresentDeps {
  readonly gateway: Pick<EscrowGateway, 'checksum'>;
  readonly publicUrl: string;
}
/** A state as it was read, with the versions and times that stand beside it. */
export interface Recorded<S extends State = State> {
  readonly state: S;
  readonly seq: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

const iso = (ms: number) => new Date(ms).toISOString();

/** Turns our records into the documents of the API; the only place where base units become decimals on the wire. */
export function createPresenter({ gateway, publicUrl }: PresentDeps) {
  const spell = (address: string) => gateway.checksum(address);
  const base = publicUrl.replace(/\/+$/, '');

  function payTo(state: PaymentState) {
    const { asset, provider } = state;
    // On the provider's rail only the provider's one-time address is ever shown, so until it is known there is none.
    const address = state.rail === 'shkeeper' ? (provider?.address ?? null) : state.vault;
    return {
      address: address === null ? null : spell(address),
      amount: formatAmount(state.price, asset.decimals),
      network: asset.network,
      token: asset.token,
      tokenAddress: spell(asset.tokenAddress),
      chainId: asset.chainId,
    };
  }

  function terms({ terms }: PaymentState): PaymentDocument['terms'] {
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

  function settlement(state: PaymentState): PaymentDocument['settlement'] {
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

  function machine(payout: PayoutMachine, decimals: number): PayoutDocument['payout'] {
    return {
      externalId: payout.externalId,
      stage: payout.stage,
      amount: formatAmount(payout.amount, decimals),
      destination: spell(payout.destination),
      taskId: payout.taskId,
      txHash: payout.txHash,
      reason: payout.reason,
    };
  }

  const isPrice = (state: PaymentState) => (arrival: Arrival) =>
    arrival.tokenAddress.toLowerCase() === state.asset.tokenAddress.toLowerCase();

  function transaction(state: PaymentState, arrival: Arrival): PaymentDocument['transactions'][number] {
    return {
      txHash: arrival.txHash,
      receiver: spell(arrival.receiver),
      network: state.asset.network,
      tokenAddress: spell(arrival.tokenAddress),
      // The decimals of a token that is not listed are not known.
      amount: isPrice(state)(arrival) ? formatAmount(arrival.amount, state.asset.decimals) : null,
      blockNumber: arrival.blockNumber,
      blockTime: iso(arrival.blockTimeMs),
      onTime: arrival.onTime,
      confirmed: !arrival.reversed,
    };
  }

  function common({ state, seq, createdAtMs, updatedAtMs }: Recorded<PaymentState | PayoutState>) {
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
      metadata: state.metadata === null ? null : readMetadata(state.metadata),
      createdAt: iso(createdAtMs),
      updatedAt: iso(updatedAtMs),
    };
  }

  function payment(recorded: Recorded<PaymentState>): PaymentDocument {
    const { state } = recorded;
    const { decimals } = state.asset;
    const credited = state.arrivals.filter((arrival) => !arrival.reversed);
    return {
      ...common(recorded),
      direction: 'in',
      provider: state.rail,
      rail: state.rail,
      externalId: state.provider?.externalId ?? null,
      receivedAmount: formatAmount(receivedOf(state), decimals),
      releasedAmount: formatAmount(state.released, decimals),
      refundedAmount: formatAmount(state.refunded, decimals),
      feeAmount: formatAmount(state.fees, decimals),
      payTo: payTo(state),
      paymentUrl: `${base}/pay/${state.id}`,
      expiresAt: iso(state.expiresAtMs),
      transactionHash: credited[0]?.txHash ?? null,
      termsId: state.termsId,
      vault: spell(state.vault),
      terms: terms(state),
      settlement: settlement(state),
      forward: state.forward === null ? null : machine(state.forward, decimals),
      transactions: state.arrivals.map((arrival) => transaction(state, arrival)),
      payouts: state.payouts.map((entry) => ({
        payoutId: entry.payoutId,
        amount: formatAmount(entry.amount, decimals),
        destination: spell(entry.destination),
        outcome: entry.outcome,
      })),
    };
  }

  function payout(recorded: Recorded<PayoutState>): PayoutDocument {
    const { state } = recorded;
    return {
      ...common(recorded),
      direction: 'out',
      provider: 'shkeeper',
      externalId: state.machine.externalId,
      taskId: state.machine.taskId ?? state.machine.externalId,
      sourcePaymentId: state.source.paymentId,
      payout: machine(state.machine, state.asset.decimals),
    };
  }

  /** A payment or a payout; the log of nobody's money is no document. */
  function any({ state, ...versions }: Recorded): PaymentDocument | PayoutDocument {
    if (state.direction === 'in') return payment({ state, ...versions });
    if (state.direction === 'out') return payout({ state, ...versions });
    throw new AppError('not_found', 'There is no such payment.');
  }

  /** What a buyer needs to pay. */
  function intent(state: PaymentState) {
    return {
      paymentId: state.id,
      paymentUrl: `${base}/pay/${state.id}`,
      externalId: state.provider?.externalId ?? null,
      expiresAt: iso(state.expiresAtMs),
      status: state.status,
      escrowState: escrowStateOf(state),
      payTo: payTo(state),
      termsId: state.termsId,
      vault: spell(state.vault),
      terms: terms(state),
    };
  }

  return { payment, payout, any, intent, payTo };
}
export type Presenter = ReturnType<typeof createPresenter>;

/** What came in of the price's token and was not undone, base units. */
export function receivedOf(state: PaymentState): bigint {
  const own = state.asset.tokenAddress.toLowerCase();
  return state.arrivals
    .filter((arrival) => !arrival.reversed && arrival.tokenAddress.toLowerCase() === own)
    .reduce((sum, arrival) => sum + arrival.amount, 0n);
}

function readMetadata(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
