import { blankInvoice } from '../../server/domain/invoice.ts';
import { decide } from '../../server/domain/payment.ts';
import type { IntentFacts, SettledFact, Signal, SignalOf } from '../../server/domain/signal.ts';
import type { PaymentState, ProviderReport, State, Transfer } from '../../server/domain/state.ts';
import { buildTerms } from '../../server/domain/terms.ts';
import type { Change, DecideContext, Decision } from '../../server/domain/transition.ts';

export const startMs = 1_800_000_000_000;
export const expiresAtMs = startMs + 15 * 60_000;
export const onTimeMs = startMs + 60_000;
export const lateMs = expiresAtMs + 60_000;
export const dayMs = 86_400_000;
export const paymentId = 'a'.repeat(24);

const filled = (digit: string, length = 40) => `0x${digit.repeat(length)}`;
export const addresses = {
  escrow: filled('e'),
  treasury: filled('7'),
  refundWallet: filled('8'),
  hotWallet: filled('9'),
  oneTime: filled('1'),
  vault: filled('2'),
  seller: filled('3'),
  refundTo: filled('4'),
  payer: filled('5'),
  token: filled('6'),
  otherToken: filled('b'),
};
export const asset = { network: 'bsc', chainId: 56, token: 'USDT', tokenAddress: addresses.token, decimals: 18 };
export const assetKey = 'bsc:USDT';
export const termsId = filled('c', 64);

const { terms } = buildTerms({
  tokenAddress: addresses.token,
  price: 100n,
  expiresAtMs,
  buyerWallet: null,
  payoutAddress: addresses.seller,
  refundTo: addresses.refundTo,
  treasury: addresses.treasury,
  refundWallet: addresses.refundWallet,
  deliverDays: 14,
  inspectionDays: 3,
  feeBps: 100,
  disputeSellerBps: 5000,
  ref: filled('d', 64),
});

/** The facts of an intent over 100 base units on the SHKeeper rail. */
export function intent(overrides: Partial<IntentFacts> = {}): IntentFacts {
  return {
    rail: 'shkeeper',
    marketplaceId: 'market',
    requestId: 'request',
    offerId: 'offer',
    buyerId: 'buyer1',
    sellerId: 'seller1',
    asset,
    price: 100n,
    terms,
    termsId,
    vault: addresses.vault,
    sellerIsPlatform: false,
    refundIsPlatform: false,
    expiresAtMs,
    watchUntilMs: expiresAtMs + 7 * dayMs,
    headBlock: 1000,
    provider: blankInvoice({
      externalId: 'invoice1',
      coin: 'BNB-USDT',
      amount: '100',
      callbackUrl: 'https://example.org/webhook',
      hotWallet: addresses.hotWallet,
    }),
    claimNumber: 0,
    metadata: null,
    ...overrides,
  };
}

let transactions = 0;
export const txHash = (n: number) => `0x${n.toString(16).padStart(64, '0')}`;

/** A transfer of `amount` into the vault, on time. */
export function transfer(amount: bigint, overrides: Partial<Transfer> = {}): Transfer {
  transactions += 1;
  return {
    chainId: asset.chainId,
    txHash: txHash(transactions),
    receiver: addresses.vault,
    tokenAddress: addresses.token,
    asset: assetKey,
    amount,
    blockNumber: 1001,
    blockHash: txHash(1001),
    blockTimeMs: onTimeMs,
    senders: [addresses.payer],
    ...overrides,
  };
}
export const toProvider = { receiver: addresses.oneTime };
export const late = { blockTimeMs: lateMs };
export const fromHotWallet = { senders: [addresses.hotWallet] };

export const confirmed = (amount: bigint, overrides: Partial<Transfer> = {}): SignalOf<'transferConfirmed'> => ({
  kind: 'transferConfirmed',
  transfer: transfer(amount, overrides),
});

export const opened: Signal = { kind: 'intentOpened', intent: intent() };
export const addressGiven: Signal = {
  kind: 'addressGiven',
  address: addresses.oneTime,
  providerAmount: '100',
  exchangeRate: '1',
};
export const forwardRequested: Signal = {
  kind: 'forwardRequested',
  callbackUrl: 'https://example.org/payout',
};
export const deadlinePassed: Signal = { kind: 'deadlinePassed' };
export const cancelRequested: Signal = { kind: 'cancelRequested' };
export const lateAccepted: Signal = { kind: 'lateAccepted' };

export function prepared(
  toSeller: bigint,
  toBuyer: bigint,
  overrides: Partial<SignalOf<'settlementPrepared'>> = {},
): SignalOf<'settlementPrepared'> {
  return {
    kind: 'settlementPrepared',
    settlement: toBuyer === 0n ? 'release' : toSeller === 0n ? 'refund' : 'split',
    settleSeq: 0,
    toSeller,
    toBuyer,
    validUntil: startMs / 1000 + 86_400,
    digest: `digest-${toSeller}-${toBuyer}`,
    final: true,
    ...overrides,
  };
}

export function settled(toSeller: bigint, toBuyer: bigint, overrides: Partial<SettledFact> = {}): Signal {
  const fee = toSeller / 100n;
  const place = { txHash: txHash(900_000), blockNumber: 1100, blockHash: txHash(1100) };
  return {
    kind: 'settlementConfirmed',
    fact: {
      chainId: asset.chainId,
      termsId,
      settleSeq: 0,
      toSeller,
      toBuyer,
      fee,
      credits: [],
      ...place,
      ...overrides,
    },
  };
}

export function movement(amount: bigint, hash = 1) {
  return {
    chainId: asset.chainId,
    termsId,
    asset: assetKey,
    tokenAddress: addresses.token,
    amount,
    txHash: txHash(800_000 + hash),
    blockNumber: 1100,
    blockHash: txHash(1100),
  };
}

export function payout(
  from: SignalOf<'payoutRequested'>['from'],
  amount: bigint,
  overrides: Partial<SignalOf<'payoutRequested'>> = {},
): Signal {
  return {
    kind: 'payoutRequested',
    payoutId: `payout-${from}-${amount}`,
    from,
    amount,
    destination: addresses.refundTo,
    ...overrides,
  };
}

export function report(overrides: Partial<ProviderReport> = {}): ProviderReport {
  return {
    externalId: 'invoice1',
    shape: 'confirmed',
    reportedStatus: 'PAID',
    coin: 'BNB-USDT',
    address: addresses.oneTime,
    paid: true,
    balanceFiat: '100',
    balanceCrypto: '100',
    transactions: [{ txHash: txHash(700_000), coin: 'BNB-USDT', amount: '100', confirmed: true }],
    unreadable: [],
    deliveryKey: 'delivery1',
    ...overrides,
  };
}

export const context = (overrides: Partial<DecideContext> = {}): DecideContext => ({
  paymentId,
  seq: 1,
  nowMs: onTimeMs,
  lostClaims: new Set(),
  actor: 'test',
  ...overrides,
});

/** Freezes a value all the way down, so that a decision that writes into its input fails. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}

/** Decides and insists on a change. */
export function changed(decision: Decision): Change {
  if (decision.outcome !== 'change') throw new Error(`expected a change, got ${JSON.stringify(decision)}`);
  return decision;
}

/** The last change after signals that all have to change something; deadlines and late things are told after the expiry. */
export function history(...signals: readonly Signal[]): Change & { readonly state: PaymentState } {
  let state: State | null = null;
  let last: Change | null = null;
  signals.forEach((signal, index) => {
    const nowMs = signal.kind === 'deadlinePassed' || signal.kind === 'lateAccepted' ? lateMs : onTimeMs;
    last = changed(decide(state, frozen(signal), context({ seq: index + 1, nowMs })));
    state = frozen(last.state);
  });
  if (last === null) throw new Error('a history needs a signal');
  return last as Change & { readonly state: PaymentState };
}

/** Legs as text, in order, for comparing with the table of the design. */
export const postings = (change: Change) =>
  change.legs.map((leg) => `${leg.account.replace(`:${paymentId}`, '')} ${leg.amount > 0n ? '+' : ''}${leg.amount}`);

/** What the payment's accounts hold, without its id. */
export const holdings = (state: PaymentState) =>
  Object.fromEntries(state.balances.map((entry) => [entry.account.replace(`:${paymentId}`, ''), Number(entry.amount)]));

/** Effects in short: the type, and for events and alarms what they say. */
export const effects = (change: Change) =>
  change.effects.map((effect) => {
    if (effect.type === 'event') return 'type' in effect.event ? effect.event.type : effect.event.name;
    if (effect.type === 'setRequestStatus') return `request ${effect.status}`;
    if (effect.type === 'reportPayout') return `report ${effect.outcome}`;
    return effect.type;
  });
