import { formatAmount } from '../domain/money.ts';
import type { PurchaseRequest, SellerOffer } from '../domain/trade.ts';
import { placingProblem } from '../domain/trade.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor, Clock, Ids, MarketplaceStore } from '../ports.ts';
import { readWallet } from './rules/addresses.ts';
import { readAmount } from './rules/amount.ts';
import { offeredAsset } from './rules/asset.ts';

export interface PlaceOfferDeps {
  readonly marketplace: MarketplaceStore;
  readonly gateway: EscrowGateway;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface PlaceOfferInput {
  readonly actor: Actor;
  readonly requestId: string;
  readonly amount: string;
  readonly network?: string | undefined;
  readonly token?: string | undefined;
  readonly payoutAddress?: string | undefined;
}

/** Places a seller's offer on an open request. */
export function createPlaceOffer(deps: PlaceOfferDeps) {
  async function openRequest(id: string): Promise<PurchaseRequest> {
    const request = await deps.marketplace.request(id);
    if (!request) throw new AppError('not_found', 'There is no such request.');
    const problem = placingProblem(request);
    if (problem !== null) throw new AppError(problem, 'This request takes no more offers.');
    return request;
  }

  return async function placeOffer(input: PlaceOfferInput): Promise<SellerOffer> {
    const request = await openRequest(input.requestId);
    if (request.buyerId === input.actor.userId) {
      throw new AppError('forbidden', 'A buyer cannot offer on a request of his own.');
    }
    const { network, asset } = offeredAsset(deps.gateway, input.network ?? 'bsc', input.token ?? 'USDT');
    const amount = readAmount(input.amount, asset.decimals, 'amount');
    const offer: SellerOffer = {
      id: deps.ids.payment(),
      requestId: request.id,
      sellerId: input.actor.userId,
      amount: formatAmount(amount, asset.decimals),
      network: network.name,
      token: asset.token,
      payoutAddress:
        input.payoutAddress === undefined
          ? null
          : readWallet(deps.gateway, input.payoutAddress, 'payoutAddress', [network]),
      status: 'open',
      createdAtMs: deps.clock.now(),
    };
    if (!(await deps.marketplace.insertOffer(offer))) {
      throw new AppError('too_many_offers', 'You have as many offers on this request as one seller may have.');
    }
    // The request may have closed between the look and the insert; then nobody would ever reject this offer (design §3).
    try {
      await openRequest(request.id);
    } catch (error) {
      if (error instanceof AppError && error.code === 'request_closed') await deps.marketplace.rejectOffer(offer.id);
      throw error;
    }
    return offer;
  };
}
