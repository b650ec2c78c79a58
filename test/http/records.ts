import { paidTotal } from '../../server/domain/facts.ts';
import { blankInvoice } from '../../server/domain/invoice.ts';
import type { PayoutMachine } from '../../server/domain/payout.ts';
import type { IntentFacts } from '../../server/domain/signal.ts';
import type { Arrival, PaymentState, PayoutState, State } from '../../server/domain/state.ts';
import { noMilestones, zeroAddress } from '../../server/domain/terms.ts';
import type { PurchaseRequest, SellerOffer } from '../../server/domain/trade.ts';
import { type Effect, type Transition, transitionId } from '../../server/domain/transition.ts';
import type { Versioned } from '../../server/ports.ts';
import { openedState } from '../support/factories.ts';
import { nowMs } from './standIn.ts';

export const paymentId = 'a'.repeat(24);
export const otherPaymentId = 'b'.repeat(24);
export const txHash = `0x${'12'.repeat(32)}`;
export const addressOf = (digit: string) => `0x${digit.repeat(40)}`;
const ether = 10n ** 18n;

const intent: IntentFacts = {
  rail: 'shkeeper',
  marketplaceId: 'main',
  requestId: 'request-1',
  offerId: 'offer-1',
  buyerId: 'buyer-1',
  sellerId: 'seller-1',
  asset: { network: 'bsc', chainId: 31337, token: 'USDT', tokenAddress: addressOf('5'), decimals: 18 },
  price: 100n * ether,
  terms: {
    buyer: zeroAddress,
    seller: addressOf('2'),
    token: addressOf('5'),
    amount: 100n * ether,
    fundBy: nowMs / 1000 + 900,
    deliverBy: nowMs / 1000 + 1_210_500,
    inspection: 259_200,
    feeBps: 100,
    disputeSellerBps: 5000,
    milestonesHash: noMilestones,
    refundTo: addressOf('3'),
    ref: `0x${'ab'.repeat(32)}`,
  },
  termsId: `0x${'cd'.repeat(32)}`,
  vault: addressOf('7'),
  sellerIsPlatform: false,
  refundIsPlatform: false,
  expiresAtMs: nowMs + 900_000,
  watchUntilMs: nowMs + 8 * 86_400_000,
  headBlock: 10,
  provider: {
    ...blankInvoice({
      externalId: `AMN_${paymentId}`,
      coin: 'BNB-USDT',
      amount: '100',
      callbackUrl: 'https://pay.example/api/payment/shkeeper/webhook',
      hotWallet: addressOf('9'),
    }),
    address: addressOf('8'),
    providerAmount: '100',
    exchangeRate: '1',
  },
  claimNumber: 0,
  metadata: null,
};

/** A payment of buyer-1 to seller-1 that waits for 100 USDT at the provider's one-time address. */
export function paymentState(overrides: Partial<PaymentState> = {}): PaymentState {
  return { ...openedState({ kind: 'intentOpened', intent }, paymentId, nowMs), ...overrides };
}

/** A transfer of `amount` base units that was booked. */
export function arrival(amount: bigint, overrides: Partial<Arrival> = {}): Arrival {
  return {
    chainId: 31337,
    txHash,
    receiver: addressOf('8'),
    tokenAddress: addressOf('5'),
    asset: 'bsc:USDT',
    amount,
    blockNumber: 11,
    blockHash: `0x${'ef'.repeat(32)}`,
    blockTimeMs: nowMs,
    senders: [addressOf('1')],
    custody: 'provider',
    purpose: 'payment',
    epoch: 0,
    onTime: true,
    reversed: false,
    ...overrides,
  };
}

export function machine(overrides: Partial<PayoutMachine> = {}): PayoutMachine {
  return {
    stage: 'submitted',
    externalId: `${paymentId}-7-0`,
    coin: 'BNB-USDT',
    wallet: addressOf('9'),
    destination: addressOf('4'),
    amount: 99n * ether,
    callbackUrl: 'https://pay.example/api/payment/shkeeper/payout/webhook',
    requestedAtMs: nowMs,
    postedBlock: 12,
    postedAtMs: nowMs,
    slot: 0,
    taskId: 'task-1',
    txHash: null,
    reportedAtMs: null,
    reportedNonce: null,
    reason: null,
    ...overrides,
  };
}

/** The record of a payout out of the payment above. */
export function payoutState(overrides: Partial<PayoutState> = {}): PayoutState {
  const { status, marketplaceId, requestId, offerId, buyerId, sellerId, asset, metadata } = paymentState();
  return {
    id: otherPaymentId,
    direction: 'out',
    status,
    failureReason: null,
    flags: [],
    marketplaceId,
    requestId,
    offerId,
    buyerId,
    sellerId,
    asset,
    price: 99n * ether,
    openedAtMs: nowMs,
    metadata,
    source: { paymentId, n: 0 },
    machine: machine(),
    ...overrides,
  };
}

export const recorded = <S extends State>(state: S, seq = 3): Versioned<S> => ({
  state,
  seq,
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
  received: state.direction === 'in' ? paidTotal(state) : 0n,
});

export function transition(seq: number, overrides: Partial<Transition> = {}): Transition {
  return {
    id: transitionId(paymentId, seq),
    paymentId,
    seq,
    from: null,
    to: 'pending',
    kind: 'intentOpened',
    atMs: nowMs,
    actor: 'buyer-1',
    claims: [],
    legs: [],
    effects: [],
    state: paymentState(),
    stateHash: '',
    evidence: {},
    prev: '',
    hash: '',
    attempt: '',
    ...overrides,
  };
}

export const eventEffect = (seq: number, n: number, event: Extract<Effect, { type: 'event' }>['event']): Effect => ({
  type: 'event',
  key: `${paymentId}-${seq}-${n}`,
  event,
});

export function purchaseRequest(overrides: Partial<PurchaseRequest> = {}): PurchaseRequest {
  return {
    id: 'request-1',
    marketplaceId: 'main',
    buyerId: 'buyer-1',
    title: 'A bicycle',
    description: '',
    status: 'open',
    selectedOfferId: null,
    buyerWallet: addressOf('1'),
    refundTo: null,
    createdAtMs: nowMs,
    ...overrides,
  };
}

export function sellerOffer(overrides: Partial<SellerOffer> = {}): SellerOffer {
  return {
    id: 'offer-1',
    requestId: 'request-1',
    sellerId: 'seller-1',
    amount: '100',
    network: 'bsc',
    token: 'USDT',
    payoutAddress: addressOf('2'),
    status: 'open',
    createdAtMs: nowMs,
    ...overrides,
  };
}
