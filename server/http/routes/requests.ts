import { Router } from 'express';
import type { PurchaseRequest, SellerOffer } from '../../domain/trade.ts';
import { AppError } from '../../errors.ts';
import type { Actor } from '../../ports.ts';
import type { AppDeps } from '../appDeps.ts';
import { acceptOffer, getRequest, listOffers, listRequests, postOffer, postRequest } from '../endpoints/requests.ts';
import { ownershipOf } from '../policies.ts';
import { createTradePresenter } from '../presentTrade.ts';
import type { Serve } from '../serve.ts';

/** More offers than a request ever has in practice. */
const offersMax = 500;

/** Only what a buyer, a bidding seller or any seller (while offers are taken) may see; everything else does not exist. */
function visibleOffers(
  actor: Actor,
  request: PurchaseRequest,
  offers: readonly SellerOffer[],
): readonly SellerOffer[] | null {
  if (ownershipOf(actor) === null || request.buyerId === actor.userId) return offers;
  const own = offers.filter((offer) => offer.sellerId === actor.userId);
  const open = request.status === 'open' || request.status === 'payment';
  return own.length > 0 || (actor.role === 'seller' && open) ? own : null;
}

/** Purchase requests and the offers on them. */
export function requestRoutes({ commands, marketplace, gateway }: AppDeps, serve: Serve): Router {
  const router = Router();
  const present = createTradePresenter(gateway);

  async function visible(actor: Actor, id: string) {
    const request = await marketplace.request(id);
    const offers = request && visibleOffers(actor, request, await marketplace.offersOf(id, offersMax));
    if (!offers) throw new AppError('not_found', 'There is no such request.');
    return { request, offers };
  }

  serve(router, postRequest, async ({ actor, body }) => {
    const request = await commands.postRequest({ actor, ...body });
    return { success: true, data: present.request(request, actor) };
  });

  serve(router, listRequests, async ({ actor, query: { status, limit, offset } }) => {
    const mine = actor.role === 'buyer' ? { buyerId: actor.userId } : {};
    // Sellers browse what is open; a request that is under way is read by its id.
    const wanted = actor.role === 'seller' ? { status: 'open' as const } : status === undefined ? {} : { status };
    const { items, total } = await marketplace.listRequests({ ...mine, ...wanted }, limit, offset);
    const data = items.map((item) => present.request(item, actor));
    return { success: true, data, pagination: { total, limit, offset } };
  });

  serve(router, getRequest, async ({ actor, params }) => {
    const { request } = await visible(actor, params.id);
    return { success: true, data: present.request(request, actor) };
  });

  serve(router, postOffer, async ({ actor, params, body }) => {
    const offer = await commands.placeOffer({ actor, requestId: params.id, ...body });
    return { success: true, data: present.offer(offer, actor) };
  });

  serve(router, listOffers, async ({ actor, params }) => {
    const { offers } = await visible(actor, params.id);
    return { success: true, data: offers.map((offer) => present.offer(offer, actor)) };
  });

  serve(router, acceptOffer, async ({ actor, params }) => {
    const { request, offer } = await commands.acceptOffer({ actor, requestId: params.id, offerId: params.offerId });
    return { success: true, data: { request: present.request(request, actor), offer: present.offer(offer, actor) } };
  });

  return router;
}
