import { claim } from '../domain/claim.ts';
import type { PaymentState, Rail } from '../domain/state.ts';
import type { PurchaseRequest, SellerOffer } from '../domain/trade.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor, MarketplaceStore, Queries, TransitionStore } from '../ports.ts';
import { networkOf } from './rules/asset.ts';
import { demandOffered, fits, type RecordWords } from './rules/recordWords.ts';
import { noSuchTrade, type TradeWords } from './rules/trade.ts';

export interface RecordPaymentDeps {
  readonly marketplace: Pick<MarketplaceStore, 'request' | 'offer' | 'listOffers'>;
  readonly queries: Pick<Queries, 'attempts'>;
  readonly store: Pick<TransitionStore, 'claimsUnder'>;
  readonly gateway: EscrowGateway;
  readonly openIntent: (
    input: TradeWords & {
      readonly actor: Actor;
      readonly metadata?: string | undefined;
      readonly rail: Rail;
      readonly idempotencyClaim?: string | undefined;
    },
  ) => Promise<{ readonly state: PaymentState }>;
  readonly confirmTransfer: (input: {
    readonly actor: Actor;
    readonly paymentId: string;
    readonly transactionHash: string;
  }) => Promise<PaymentState>;
}

export interface RecordPaymentInput extends RecordWords {
  readonly actor: Actor;
  /** How the buyer pays; none of these asks a provider. */
  readonly rail: Exclude<Rail, 'shkeeper'>;
  readonly purchaseRequestId: string;
  readonly sellerOfferId?: string | undefined;
  /** A transaction that is said to pay; the chain decides. */
  readonly transactionHash?: string | undefined;
  readonly metadata?: string | undefined;
  readonly idempotencyClaim?: string | undefined;
}

/** Offers of one request that are looked through for the only one that is meant. */
const looked = { limit: 200, order: 'oldestFirst', offset: 0, after: null } as const;

/**
 * Records a payment that a wallet makes by itself: an intent without a provider, paid into its own vault. Every word of the caller is compared with the
 * stored request and offer and none of them is used; the same words name the same payment again.
 */
export function createRecordPayment(deps: RecordPaymentDeps) {
  const { marketplace, gateway } = deps;

  async function readRequest({ actor, purchaseRequestId }: RecordPaymentInput): Promise<PurchaseRequest> {
    const request = await marketplace.request(purchaseRequestId);
    if (request === null || (actor.role !== 'admin' && request.buyerId !== actor.userId)) throw noSuchTrade();
    return request;
  }

  /** The offer that is named or selected, or else the only open one that is meant. */
  async function readOffer(request: PurchaseRequest, input: RecordPaymentInput): Promise<SellerOffer> {
    const named = input.sellerOfferId ?? request.selectedOfferId;
    if (named !== null) {
      const offer = await marketplace.offer(named);
      if (offer?.requestId !== request.id) throw noSuchTrade();
      return offer;
    }
    const { items, next } = await marketplace.listOffers({ requestId: request.id }, looked);
    const meant = items.filter((offer) => offer.status !== 'rejected' && fits(gateway, offer, input));
    const [only] = meant;
    if (only !== undefined && meant.length === 1 && next === null) return only;
    const problem = only === undefined ? 'No open offer of this request says so' : 'Several offers may be meant';
    throw new AppError('offer_mismatch', `${problem}; name sellerOfferId, or accept an offer first.`, {
      details: { field: 'sellerOfferId' },
    });
  }

  /** What was mined before a payment exists cannot pay it, so a spent transaction is a mistake or a try. */
  async function refuseSpent(hash: string, request: PurchaseRequest, offer: SellerOffer): Promise<void> {
    const { chainId } = networkOf(gateway, offer.network);
    const [held, attempts] = await Promise.all([
      deps.store.claimsUnder(claim.transfersIn(chainId, hash)),
      deps.queries.attempts(request.id, offer.id, request.buyerId),
    ]);
    if (held.length === 0 || attempts.length > 0) return;
    throw new AppError('transaction_already_used', 'This transaction already belongs to another payment.', {
      details: { field: 'transactionHash' },
    });
  }

  return async function recordPayment(input: RecordPaymentInput): Promise<PaymentState> {
    const request = await readRequest(input);
    const offer = await readOffer(request, input);
    demandOffered(gateway, { request, offer }, input);
    const hash = input.transactionHash;
    if (hash !== undefined) await refuseSpent(hash, request, offer);
    const { state } = await deps.openIntent({
      ...{ actor: input.actor, purchaseRequestId: request.id, sellerOfferId: offer.id, sellerId: offer.sellerId },
      ...{ amount: input.amount, token: offer.token, network: offer.network, rail: input.rail },
      ...{ metadata: input.metadata, idempotencyClaim: input.idempotencyClaim },
    });
    if (hash === undefined) return state;
    return deps.confirmTransfer({ actor: input.actor, paymentId: state.id, transactionHash: hash });
  };
}
