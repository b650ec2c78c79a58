import type { PayoutMachine } from './payout.ts';
import type { JudgedMachine } from './payoutMachine.ts';
import type { Asset, ProviderReport, ProviderSide, Rail, SettlementKind, Transfer } from './state.ts';
import type { Terms } from './terms.ts';

/** Everything an intent freezes before its address is shown; `claimNumber` counts the ended attempts of (request, offer, buyer). */
export interface IntentFacts {
  readonly rail: Rail;
  readonly marketplaceId: string;
  readonly requestId: string;
  readonly offerId: string;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly asset: Asset;
  readonly price: bigint;
  readonly terms: Terms;
  readonly termsId: string;
  readonly vault: string;
  readonly sellerIsPlatform: boolean;
  readonly refundIsPlatform: boolean;
  readonly expiresAtMs: number;
  readonly watchUntilMs: number;
  readonly headBlock: number;
  readonly provider: ProviderSide | null;
  readonly claimNumber: number;
  readonly metadata: string | null;
}

/** What a payout record needs to live on its own. */
export interface PayoutFacts {
  readonly source: { readonly paymentId: string; readonly n: number };
  readonly marketplaceId: string;
  readonly requestId: string;
  readonly offerId: string;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly asset: Asset;
  readonly amount: bigint;
  readonly machine: PayoutMachine;
}

/** A share of a settlement that its receiver did not take: the contract owes it to the account, in the pool or in the payment's vault. */
export interface CreditedShare {
  readonly account: string;
  readonly amount: bigint;
  readonly inVault: boolean;
  /** Where in its block the event stood: a withdrawal takes an account's oldest credits first. */
  readonly logIndex: number;
}

/** A `Settled` event of the contract with the `Credited` events before it; `fee` is part of `toSeller`. */
export interface SettledFact {
  readonly chainId: number;
  readonly termsId: string;
  readonly settleSeq: number;
  readonly toSeller: bigint;
  readonly toBuyer: bigint;
  readonly fee: bigint;
  readonly credits: readonly CreditedShare[];
  readonly txHash: string;
  readonly blockNumber: number;
  readonly blockHash: string;
}

/** A `Recovered` event of the contract, or money that left a vault by another of its events. */
export interface ChainMovement {
  readonly chainId: number;
  readonly termsId: string;
  readonly asset: string;
  readonly tokenAddress: string;
  readonly amount: bigint;
  readonly txHash: string;
  readonly blockNumber: number;
  readonly blockHash: string;
}

/** A `CreditWithdrawn` event: an account's credits in the pool went out, of whichever payments they came from. */
export interface PoolWithdrawal {
  readonly chainId: number;
  readonly account: string;
  readonly tokenAddress: string;
  readonly amount: bigint;
  /** The account sent it elsewhere. */
  readonly redirected: boolean;
  readonly txHash: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly logIndex: number;
}

/** The account of a payment a payout may be paid out of. */
export type PayoutSource = 'excess:provider' | 'held:provider' | 'owed:seller' | 'owed:buyer';

/** The closed list of what the world can tell us about a payment. */
export type Signal =
  | { readonly kind: 'intentOpened'; readonly intent: IntentFacts }
  | {
      readonly kind: 'addressGiven';
      readonly address: string;
      readonly providerAmount: string;
      readonly exchangeRate: string;
    }
  | { readonly kind: 'hintGiven'; readonly hint: string }
  | { readonly kind: 'providerReported'; readonly report: ProviderReport }
  | { readonly kind: 'transferSeen'; readonly transfer: Transfer }
  | { readonly kind: 'transferConfirmed'; readonly transfer: Transfer }
  | { readonly kind: 'transferOrphaned'; readonly arrivalKey: string; readonly epoch: number }
  | { readonly kind: 'lateAccepted' }
  | { readonly kind: 'writtenOff'; readonly account: string; readonly asset: string; readonly amount: bigint }
  | {
      readonly kind: 'strayReceived';
      readonly transfer: Transfer;
      readonly asset: Asset;
      readonly marketplaceId: string;
    }
  | {
      readonly kind: 'forwardRequested';
      /** The payout webhook's address, frozen into the machine. */
      readonly callbackUrl: string;
    }
  | { readonly kind: 'forwardConfirmed'; readonly transfer: Transfer }
  | { readonly kind: 'forwardFailed'; readonly proof: string; readonly judged?: JudgedMachine }
  | { readonly kind: 'deadlinePassed' }
  | { readonly kind: 'cancelRequested' }
  | {
      readonly kind: 'settlementPrepared';
      readonly settlement: SettlementKind;
      readonly settleSeq: number;
      readonly toSeller: bigint;
      readonly toBuyer: bigint;
      readonly validUntil: number;
      readonly digest: string;
      /** All buyer transfers and the forward are finalized; the command checked it on the chain. */
      readonly final: boolean;
    }
  | {
      readonly kind: 'settlementSigned';
      readonly digest: string;
      readonly index: number;
      readonly signer: string;
      readonly signature: string;
    }
  | { readonly kind: 'settlementSeen'; readonly fact: SettledFact }
  | { readonly kind: 'settlementConfirmed'; readonly fact: SettledFact }
  | { readonly kind: 'settlementOrphaned'; readonly txHash: string }
  | { readonly kind: 'settlementVoided'; readonly digest: string; readonly proof: string }
  | { readonly kind: 'swept'; readonly txHash: string; readonly source: 1 | 2 }
  | { readonly kind: 'delivered'; readonly txHash: string }
  | { readonly kind: 'disputeOpened'; readonly txHash: string }
  | { readonly kind: 'recovered'; readonly movement: ChainMovement; readonly closed: boolean }
  | {
      readonly kind: 'creditWithdrawn';
      readonly movement: ChainMovement;
      readonly account: string;
      readonly redirected: boolean;
    }
  | { readonly kind: 'refundedLater'; readonly movement: ChainMovement }
  | { readonly kind: 'shortfall'; readonly movement: ChainMovement }
  | { readonly kind: 'seqBumped'; readonly movement: ChainMovement; readonly settleSeq: number }
  | { readonly kind: 'riskAssessed'; readonly hold: boolean }
  | {
      readonly kind: 'payoutRequested';
      readonly payoutId: string;
      readonly from: PayoutSource;
      readonly amount: bigint;
      readonly destination: string;
      /** Its place among the payouts that are limited together; the terms' own addresses need none. */
      readonly turn?: number;
      /** The hash that a second admin approved, which lets it exceed the limits. */
      readonly approval?: string;
    }
  | { readonly kind: 'payoutOpened'; readonly payout: PayoutFacts }
  | { readonly kind: 'payoutWaiting'; readonly reason: string }
  | { readonly kind: 'payoutUnknown'; readonly slot: number; readonly head: number }
  | { readonly kind: 'payoutSubmitted'; readonly taskId: string }
  | {
      readonly kind: 'payoutReported';
      readonly stage: 'refused' | 'reportedFailed' | 'broadcast' | 'manual';
      readonly txHash: string | null;
      readonly walletNonce: number | null;
      readonly reason: string | null;
    }
  | {
      readonly kind: 'payoutSucceeded';
      readonly n: number;
      readonly transfer: Transfer | null;
      readonly txHash: string | null;
    }
  | {
      readonly kind: 'payoutFailed';
      readonly n: number;
      readonly proof: string;
      /** The machine the proof is of; the payment that is paid out of hears only the proof. */
      readonly judged?: JudgedMachine;
    };

export type SignalKind = Signal['kind'];
export type SignalOf<K extends SignalKind> = Extract<Signal, { kind: K }>;

/** Who made a signal known, and what else belongs into its transition: the caller's idempotency claim and raw evidence. */
export interface SignalContext {
  readonly actor: string;
  readonly idempotencyClaim?: string | undefined;
  /** The sequence numbers after one of which the change has to come; any other newest one refuses it. */
  readonly ifSeq?: readonly number[] | undefined;
  readonly evidence?: Readonly<Record<string, unknown>>;
}
