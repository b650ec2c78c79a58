import type { PayoutMachine } from './payout.ts';
import type { Terms } from './terms.ts';

/** The seed's seven payment words; every other list of statuses derives from this one. */
export const paymentStatuses = [
  'pending',
  'processing',
  'completed',
  'failed',
  'cancelled',
  'released',
  'refunded',
] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

export const escrowStates = ['unfunded', 'funded', 'released', 'refunded'] as const;
export type EscrowState = (typeof escrowStates)[number];

/** Exceptional facts about a payment, in the order in which `exception` names the first that applies. */
export const flags = ['disputed', 'reorged', 'manual', 'paid_late', 'overpaid', 'underpaid'] as const;
export type Flag = (typeof flags)[number];

export type FailureReason = 'expired' | 'already_funded' | 'payout_failed';
export type Custody = 'provider' | 'contract';
/** The ways in for a buyer's money; every other list of them derives from this one. */
export const rails = ['shkeeper', 'web3', 'manual'] as const;
export type Rail = (typeof rails)[number];

/** A token on a network; `token` is its symbol, `tokenAddress` lower-case hex. */
export interface Asset {
  readonly network: string;
  readonly chainId: number;
  readonly token: string;
  readonly tokenAddress: string;
  readonly decimals: number;
}

/** What one account that belongs to this payment holds, in base units of `asset` (`<network>:<token>`). */
export interface Balance {
  readonly account: string;
  readonly asset: string;
  readonly amount: bigint;
}

/** One transfer proven by the chain: what `receiver` really got of one token in one transaction (net), and where it was mined. */
export interface Transfer {
  readonly chainId: number;
  readonly txHash: string;
  readonly receiver: string;
  readonly tokenAddress: string;
  /** `<network>:<symbol>`; transfers of tokens that are not listed are not read (ADR 0010). */
  readonly asset: string;
  readonly amount: bigint;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly blockTimeMs: number;
  /** Lower-case senders of the transfers that make up the sum, without repeats. */
  readonly senders: readonly string[];
  /** Set for a pooled funding (`Funded` with source 0): the id it names; `receiver` is then the escrow contract. */
  readonly termsId?: string;
}

/** Why money came: a buyer paid, the provider forwarded it into the vault, or a forward nobody asked for. */
export type ArrivalPurpose = 'payment' | 'forward' | 'surplusForward';

/** A transfer that was booked; `epoch` counts how often this transaction was reversed before. */
export interface Arrival extends Transfer {
  readonly custody: Custody;
  readonly epoch: number;
  readonly onTime: boolean;
  readonly reversed: boolean;
  readonly purpose: ArrivalPurpose;
}

/** A transaction as the provider reported it; amounts are the provider's decimal strings and information only. */
export interface ReportedTransaction {
  readonly txHash: string;
  readonly coin: string;
  readonly amount: string;
  readonly confirmed: boolean;
}

/** What a SHKeeper callback or invoice list says, in our words. */
export interface ProviderReport {
  readonly externalId: string;
  readonly shape: 'confirmed' | 'unconfirmed' | 'poll';
  readonly reportedStatus: string;
  readonly coin: string | null;
  readonly address: string | null;
  readonly paid: boolean | null;
  readonly balanceFiat: string | null;
  readonly balanceCrypto: string | null;
  readonly transactions: readonly ReportedTransaction[];
  readonly unreadable: readonly string[];
  readonly deliveryKey: string;
}

/** The provider's side of a payment; everything up to `callbackUrl` is frozen when the intent is opened. */
export interface ProviderSide {
  readonly externalId: string;
  readonly coin: string;
  readonly fiat: string;
  readonly amount: string;
  readonly callbackUrl: string;
  readonly hotWallet: string;
  readonly address: string | null;
  readonly providerAmount: string | null;
  readonly exchangeRate: string | null;
  readonly reportedStatus: string | null;
  readonly transactions: readonly ReportedTransaction[];
}

/** One admin signature over the open settlement; `index` is the signer's seat in the contract. */
export interface SettlementSignature {
  readonly index: number;
  readonly signer: string;
  readonly signature: string;
}

export type SettlementKind = 'release' | 'refund' | 'split';

/** The one prepared settlement of a payment; `settleSeq` is the contract's per-payment sequence, `validUntil` unix seconds. */
export interface OpenSettlement {
  readonly kind: SettlementKind;
  readonly settleSeq: number;
  readonly toSeller: bigint;
  readonly toBuyer: bigint;
  readonly validUntil: number;
  readonly digest: string;
  /** Where the reserved money came from and goes back to when the settlement is voided. */
  readonly origin: 'held' | 'excess';
  readonly signatures: readonly SettlementSignature[];
  readonly seenTxHash: string | null;
}

/** A payout that takes money out of one account of this payment; the machine that sends it is the record `payoutId`. */
export interface PayoutReservation {
  readonly n: number;
  readonly payoutId: string;
  readonly account: string;
  readonly pendingAccount: string;
  readonly amount: bigint;
  readonly destination: string;
  readonly outcome: 'open' | 'succeeded' | 'failed';
}

interface CommonState {
  readonly id: string;
  readonly status: PaymentStatus;
  readonly failureReason: FailureReason | null;
  readonly flags: readonly Flag[];
  readonly marketplaceId: string;
  readonly requestId: string;
  readonly offerId: string;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly asset: Asset;
  /** The price of an incoming payment, the amount of a payout; base units. */
  readonly price: bigint;
  readonly openedAtMs: number;
  readonly metadata: string | null;
}

/** Everything the newest transition of an incoming payment knows; enough to decide alone. */
export interface PaymentState extends CommonState {
  readonly direction: 'in';
  readonly rail: Rail;
  readonly terms: Terms;
  readonly termsId: string;
  readonly vault: string;
  /** The terms name the treasury as seller: the ledger owes the seller and a payout pays him. */
  readonly sellerIsPlatform: boolean;
  /** The terms name the platform's refund wallet: the ledger owes the buyer. */
  readonly refundIsPlatform: boolean;
  readonly expiresAtMs: number;
  readonly watchUntilMs: number;
  /** Head block of the network when the intent was opened: nothing older can pay it. */
  readonly headBlock: number;
  readonly provider: ProviderSide | null;
  /** Sighted, not yet confirmed transfers, `arrivalKey`s; bounded. */
  readonly seen: readonly string[];
  readonly arrivals: readonly Arrival[];
  readonly hints: readonly string[];
  readonly balances: readonly Balance[];
  /**
   * Gross sum that went to the seller and sum that went back to the buyer, base units of the payment's asset. An excess that is returned
   * while the payment is funded is not part of `refunded`: it never was the price.
   */
  readonly released: bigint;
  readonly refunded: bigint;
  readonly fees: bigint;
  /** This payment holds its request's `fund:` claim; stays true after a reversal, because a claim is never freed. */
  readonly funded: boolean;
  /** An admin made late money count; until then only transfers that came on time cover the price. */
  readonly lateAccepted: boolean;
  /** What the contract's record gave away or wrote down so far; at `price` the record is closed and the vault can settle no more. */
  readonly settled: bigint;
  readonly settlement: OpenSettlement | null;
  readonly forward: PayoutMachine | null;
  readonly forwardDead: boolean;
  readonly payouts: readonly PayoutReservation[];
  readonly riskHold: boolean;
  readonly delivered: boolean;
}

/** The record of a payout (`direction: out`): a machine of its own, without legs; it reports its end to `source`. */
export interface PayoutState extends CommonState {
  readonly direction: 'out';
  readonly source: { readonly paymentId: string; readonly n: number };
  readonly machine: PayoutMachine;
}

/** The log of money that belongs to nobody on one network and token (`suspense-<network>-<token>`). */
export interface SuspenseState extends CommonState {
  readonly direction: 'suspense';
}

export type State = PaymentState | PayoutState | SuspenseState;

/** The part of a state that its short names (escrow state, custody, exception) are read from; its size does not grow with a payment's history. */
export const outlineFields = ['id', 'direction', 'status', 'flags', 'asset', 'balances'] as const;
type OutlineField = (typeof outlineFields)[number];
export type Outline =
  | Pick<PaymentState, OutlineField>
  | Pick<PayoutState | SuspenseState, Exclude<OutlineField, 'balances'>>;
