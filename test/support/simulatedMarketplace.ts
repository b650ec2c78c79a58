import type { OfferStatus, RequestStatus, SellerOffer } from '../../server/domain/trade.ts';
import type { MarketplaceStore } from '../../server/ports.ts';

interface Source {
  readonly paymentId: string;
  readonly seq: number;
}

/** A request or an offer, as far as payments move it; `src` holds the newest transition of each payment that moved it. */
export interface Aggregate<Status> {
  readonly id: string;
  status: Status;
  fundedBy: string | null;
  readonly src: Map<string, number>;
}

export type SimulatedRequest = Aggregate<RequestStatus>;
export interface SimulatedOffer extends Aggregate<OfferStatus> {
  readonly requestId: string;
}

/** One update that changed something: what, and which transition it followed. */
export interface Applied extends Source {
  readonly aggregate: string;
}

/** Requests and offers in memory, moved as `server/store/marketplace.ts` moves them on MongoDB. */
export class SimulatedMarketplace implements Pick<MarketplaceStore, 'setRequestStatus' | 'acceptOffer'> {
  readonly requests = new Map<string, SimulatedRequest>();
  readonly offers = new Map<string, SimulatedOffer>();
  readonly applied: Applied[] = [];

  addRequest(id: string): void {
    this.requests.set(id, { id, status: 'open', fundedBy: null, src: new Map() });
  }

  addOffer(id: string, requestId: string): void {
    this.offers.set(id, { id, requestId, status: 'open', fundedBy: null, src: new Map() });
  }

  async setRequestStatus(requestId: string, status: RequestStatus, source: Source): Promise<void> {
    const request = this.requests.get(requestId);
    if (request === undefined || !this.isNews(request, source)) return;
    this.follow(request, source);
    if (!mayMove(request, status, source.paymentId)) return;
    request.status = status;
    if (status === 'processing') request.fundedBy = source.paymentId;
  }

  async acceptOffer(requestId: string, offerId: string, source: Source): Promise<SellerOffer[]> {
    const own = [...this.offers.values()].filter((offer) => offer.requestId === requestId);
    for (const offer of own) {
      const changes = offer.id === offerId || offer.status !== 'rejected';
      if (!changes || !this.isNews(offer, source)) continue;
      this.follow(offer, source);
      offer.status = offer.id === offerId ? 'accepted' : 'rejected';
    }
    return own.filter(({ src }) => src.get(source.paymentId) === source.seq).map(toOffer);
  }

  /** Takes over everything that another marketplace holds. */
  copy(other: SimulatedMarketplace): void {
    for (const [id, request] of other.requests) this.requests.set(id, { ...request, src: new Map(request.src) });
    for (const [id, offer] of other.offers) this.offers.set(id, { ...offer, src: new Map(offer.src) });
    this.applied.push(...other.applied);
  }

  /** `$not $gte`: also when no transition of this payment moved it before. */
  protected isNews({ src }: Aggregate<unknown>, { paymentId, seq }: Source): boolean {
    return !((src.get(paymentId) ?? 0) >= seq);
  }

  private follow(aggregate: Aggregate<unknown>, { paymentId, seq }: Source): void {
    aggregate.src.set(paymentId, seq);
    this.applied.push({ aggregate: aggregate.id, paymentId, seq });
  }
}

function mayMove({ status, fundedBy }: SimulatedRequest, next: RequestStatus, paymentId: string): boolean {
  const own = fundedBy === paymentId;
  const waiting = status === 'open' || status === 'payment';
  if (next === 'processing') return waiting || own;
  if (next === 'payment') return waiting || (own && status === 'processing');
  return own;
}

const toOffer = ({ id, requestId, status }: SimulatedOffer): SellerOffer => ({
  ...{ id, requestId, status, sellerId: 'seller', amount: '100', network: 'bsc', token: 'USDT' },
  ...{ payoutAddress: null, createdAtMs: 0 },
});
