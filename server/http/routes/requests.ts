import type { Router } from 'express';
import type { PurchaseRequest } from '../../domain/trade.ts';
import { AppError } from '../../errors.ts';
import type { PageWanted } from '../../ports/pages.ts';
import type { Actor } from '../../ports.ts';
import type { AppDeps } from '../appDeps.ts';
import { acceptOffer, getRequest, listOffers, listRequests, postOffer, postRequest } from '../endpoints/requests.ts';
import { exactRouter } from '../exactRouter.ts';
import { answerList } from '../lists.ts';
import { ownershipOf } from '../policies.ts';
import { createTradePresenter } from '../presentTrade.ts';
import type { Serve } from '../serve.ts';

/** Purchase requests and the offers on them. */
export function requestRoutes({ commands, marketplace, gateway }: AppDeps, serve: Serve): Router {
  const router = exactRouter();
  const present = createTradePresenter(gateway);

  const seesAll = (actor: Actor, { buyerId }: PurchaseRequest) =>
    ownershipOf(actor) === null || buyerId === actor.userId;

  /** Sellers see a request while it takes offers, and for ever when they bid; for everybody else it does not exist. */
  async function visible(actor: Actor, id: string): Promise<PurchaseRequest> {
    const request = await marketplace.request(id);
    if (request !== null) {
      if (seesAll(actor, request)) return request;
      const open = request.status === 'open' || request.status === 'payment';
      if ((actor.role === 'seller' && open) || (await marketplace.hasOffer(id, actor.userId))) return request;
    }
    throw new AppError('not_found', 'There is no such request.');
  }

  serve(router, postRequest, async ({ actor, body, claimed }) => {
    const request = await commands.postRequest({ actor, ...body, ...claimed });
    return { success: true, data: present.request(request, actor) };
  });

  serve(router, listRequests, (call) => {
    const { actor, query } = call;
    const mine = actor.role === 'buyer' ? { buyerId: actor.userId } : {};
    // Sellers browse what is open; a request that is under way is read by its id.
    const status = actor.role === 'seller' ? 'open' : query.status;
    const wanted = { ...mine, ...(status === undefined ? {} : { status }) };
    const read = (page: PageWanted) => marketplace.listRequests(wanted, page);
    return answerList(listRequests.operation, call, read, (item) => present.request(item, actor));
  });

  serve(router, getRequest, async ({ actor, params }) => {
    const request = await visible(actor, params.id);
    return { success: true, data: present.request(request, actor) };
  });

  serve(router, postOffer, async ({ actor, params, body, claimed }) => {
    const offer = await commands.placeOffer({ actor, requestId: params.id, ...body, ...claimed });
    return { success: true, data: present.offer(offer, actor) };
  });

  serve(router, listOffers, async (call) => {
    const { actor, params } = call;
    const own = seesAll(actor, await visible(actor, params.id)) ? {} : { sellerId: actor.userId };
    const read = (page: PageWanted) => marketplace.listOffers({ requestId: params.id, ...own }, page);
    return answerList(listOffers.operation, call, read, (item) => present.offer(item, actor));
  });

  serve(router, acceptOffer, async ({ actor, params }) => {
    const { request, offer } = await commands.acceptOffer({ actor, requestId: params.id, offerId: params.offerId });
    return { success: true, data: { request: present.request(request, actor), offer: present.offer(offer, actor) } };
  });

  return router;
}
