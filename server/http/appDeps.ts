import type { PreparedSettlement } from '../commands/prepareSettlement.ts';
import type { SignatureWords } from '../commands/rules/signatures.ts';
import type { PaymentState, ProviderReport } from '../domain/state.ts';
import type { PurchaseRequest, SellerOffer } from '../domain/trade.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type {
  Actor,
  Clock,
  IdempotencyStore,
  Logger,
  MarketplaceStore,
  ProviderEventStore,
  Queries,
  ReportOutcome,
  TransitionStore,
} from '../ports.ts';
import type { LegacySignature } from '../providers/shkeeper/signature.ts';
import type { PayoutReport } from '../providers/shkeeper/translate.ts';

/** The caller's idempotency claim rides down into the transition (design §7). */
interface Claimed {
  readonly idempotencyClaim?: string;
}
interface OnPayment extends Claimed {
  readonly actor: Actor;
  readonly paymentId: string;
}
/** A provider's delivery as it is kept: raw bytes and harmless headers. */
export interface RawDelivery {
  readonly rawBody: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** The use cases that the routes call; every refusal is thrown as `AppError`. */
export interface Commands {
  postRequest(input: {
    actor: Actor;
    title: string;
    description: string;
    buyerWallet?: string;
    refundTo?: string;
  }): Promise<PurchaseRequest>;
  placeOffer(input: {
    actor: Actor;
    requestId: string;
    amount: string;
    network?: string;
    token?: string;
    payoutAddress?: string;
  }): Promise<SellerOffer>;
  acceptOffer(input: {
    actor: Actor;
    requestId: string;
    offerId: string;
  }): Promise<{ request: PurchaseRequest; offer: SellerOffer }>;
  openIntent(
    input: Claimed & {
      actor: Actor;
      purchaseRequestId: string;
      sellerOfferId: string;
      sellerId: string;
      amount: string;
      token: string;
      network: string;
      metadata?: string;
    },
  ): Promise<{ state: PaymentState; seq: number; reused: boolean }>;
  confirmTransfer(input: OnPayment & { transactionHash: string }): Promise<PaymentState>;
  verifyPayment(paymentId: string, options: { askProvider: boolean; hint?: boolean }): Promise<unknown>;
  recordReport(input: RawDelivery & { report: ProviderReport }): Promise<ReportOutcome>;
  recordPayoutCallback(input: RawDelivery & { callback: PayoutReport }): Promise<ReportOutcome>;
  prepareSettlement(
    input: OnPayment & {
      kind: 'release' | 'refund';
      amount?: string;
      toSeller?: string;
      toBuyer?: string;
      signatures?: readonly SignatureWords[];
    },
  ): Promise<PreparedSettlement>;
  confirmSettlement(
    input: OnPayment & { kind: 'release' | 'refund'; txHash: string },
  ): Promise<{ state: PaymentState; settlement: { state: 'seen' | 'final'; txHash: string } }>;
  acceptLate(input: OnPayment): Promise<PaymentState>;
  cancelPayment(input: OnPayment): Promise<PaymentState>;
  paySeller(
    input: Claimed & {
      actor: Actor;
      purchaseRequestId: string;
      sellerOfferId: string;
      buyerId: string;
      sellerId: string;
      amount: string;
      recipientAddress: string;
      token: string;
      network: string;
    },
  ): Promise<{ payoutId: string; taskId: string; status: string }>;
  resolvePayout(
    input: Claimed & { actor: Actor; externalId: string; outcome: 'sent' | 'notSent'; txHash?: string },
  ): Promise<{ payoutId: string; status: string }>;
}

/** What config.ts decides about HTTP. */
export interface HttpSettings {
  readonly publicUrl: string;
  /** Every key a provider may sign with, newest first. */
  readonly webhookKeys: readonly string[];
  /** SHKeeper repeats a delivery until it reads 202 (shkeeper.md §1). */
  readonly ackStatus: number;
  readonly legacySignature: LegacySignature;
  readonly allowedOrigins: readonly string[];
  /** How many reverse proxies in front are ours. */
  readonly trustProxy: number;
  /** Calls a minute: `anonymous` per address on open routes; per user `read`, `hint` on routes that start a look at the chain, `create` on those that open something. */
  readonly rateLimits: {
    readonly anonymousPerMinute: number;
    readonly readPerMinute: number;
    readonly hintPerMinute: number;
    readonly createPerMinute: number;
  };
}

/** Everything the HTTP side is handed; it creates nothing itself. */
export interface AppDeps {
  readonly commands: Commands;
  readonly queries: Pick<Queries, 'payment' | 'payments' | 'paymentByExternalId'>;
  readonly transitions: Pick<TransitionStore, 'after' | 'tail'>;
  readonly marketplace: Pick<MarketplaceStore, 'request' | 'offer' | 'hasOffer' | 'listOffers' | 'listRequests'>;
  readonly idempotency: IdempotencyStore;
  readonly providerEvents: ProviderEventStore;
  readonly gateway: Pick<EscrowGateway, 'checksum' | 'network'>;
  readonly verifyToken: (token: string) => Actor;
  /** Named checks of `/readyz`; a check that throws or is slow means not ready. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly settings: HttpSettings;
}
