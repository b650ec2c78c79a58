import type { PurchaseRequest, SellerOffer } from '../domain/trade.ts';
import { selectingProblem } from '../domain/trade.ts';
import { AppError } from '../errors.ts';
import type { Actor, MarketplaceStore } from '../ports.ts';
import { noSuchTrade } from './rules/trade.ts';

export interface AcceptOfferDeps {
  readonly marketplace: MarketplaceStore;
}

export interface AcceptOfferInput {
  readonly actor: Actor;
  readonly requestId: string;
  readonly offerId: string;
}

/** Selects an offer by hand; accepted and rejected are set by the completing payment alone. */
export function createAcceptOffer(deps: AcceptOfferDeps) {
  return async function acceptOffer(
    input: AcceptOfferInput,
  ): Promise<{ readonly request: PurchaseRequest; readonly offer: SellerOffer }> {
    const { actor, requestId, offerId } = input;
    const [request, offer] = await Promise.all([deps.marketplace.request(requestId), deps.marketplace.offer(offerId)]);
    const owns = request?.buyerId === actor.userId || actor.role === 'admin';
    if (!request || !owns || offer?.requestId !== requestId) {
      throw noSuchTrade();
    }
    const problem = selectingProblem(request, offer);
    if (problem !== null) throw new AppError(problem, 'This offer cannot be selected any more.');
    if (!(await deps.marketplace.selectOffer(requestId, offerId))) {
      throw new AppError('request_closed', 'This request is no longer open.');
    }
    const [selected, chosen] = await Promise.all([
      deps.marketplace.request(requestId),
      deps.marketplace.offer(offerId),
    ]);
    return { request: selected ?? request, offer: chosen ?? offer };
  };
}
