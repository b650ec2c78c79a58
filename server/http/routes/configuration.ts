import cors from 'cors';
import type { RequestHandler } from 'express';
import { mismatch } from '../../commands/rules/trade.ts';
import { formatAmount, parseAmount } from '../../domain/money.ts';
import type { Actor } from '../../ports.ts';
import type { AppDeps } from '../appDeps.ts';
import { splitOperation } from '../endpoint.ts';
import { postConfiguration, shkeeperConfig } from '../endpoints/configuration.ts';
import { exactRouter } from '../exactRouter.ts';
import { validate } from '../middleware/validate.ts';
import { ownershipOf } from '../policies.ts';
import type { Presenter } from '../present.ts';
import { createConfigurationPresenter } from '../presentConfiguration.ts';
import type { ServeOpen } from '../serveOpen.ts';

const configPath = splitOperation(shkeeperConfig.operation).path;
/** What is offered changes with a restart. */
const cacheSeconds = 60;
const newestOpen = { limit: 1, order: 'newestFirst', offset: 0, after: null } as const;

/** A trade as our records have it. */
interface Scope {
  readonly network: string;
  readonly token: string;
  readonly receiver: string | null;
  readonly amount: string;
  readonly decimals: number;
  readonly payment: { readonly id: string; readonly url: string } | null;
}

/** Lets pages of any origin read the public configuration; it stands before the rule for all other routes. */
export function openConfigCors(): RequestHandler {
  const anybody = cors({ origin: '*', credentials: false, methods: ['GET'], allowedHeaders: ['Content-Type'] });
  return (request, response, next) => (request.path === configPath ? anybody(request, response, next) : next());
}

/** Refuses a caller's figure that is not the stored one; his is never used. */
function demandStored(field: string, stored: string, sent: string, isSame: boolean): void {
  if (!isSame) throw mismatch(field, stored, sent);
}

function demandSame({ amount, token, decimals }: Scope, sent: { amount?: string; currency?: string }): void {
  const { amount: sum, currency } = sent;
  if (currency !== undefined) demandStored('currency', token, currency, currency.toLowerCase() === token.toLowerCase());
  if (sum === undefined) return;
  const given = parseAmount(sum, decimals);
  const isSame = given.outcome === 'parsed' && formatAmount(given.amount, decimals) === amount;
  demandStored('amount', amount, sum, isSame);
}

/** What a widget needs to know before it shows anything; answered from records alone, without asking a node. */
export function configurationRoutes(deps: AppDeps, serveOpen: ServeOpen, limited: RequestHandler, present: Presenter) {
  const { gateway, queries, marketplace, settings } = deps;
  const router = exactRouter();
  const spell = createConfigurationPresenter(gateway, settings);

  async function ofPayment(requestId: string, party: { sellerId?: string }): Promise<Scope | null> {
    const open = { requestId, ...party, direction: 'in', statuses: ['pending', 'processing'] } as const;
    const [found] = (await queries.payments(open, newestOpen)).items;
    if (found?.state.direction !== 'in') return null;
    const { paymentId: id, paymentUrl: url, payTo } = present.intent(found.state);
    const { network, token, address: receiver, amount } = payTo;
    return { network, token, receiver, amount, decimals: found.state.asset.decimals, payment: { id, url } };
  }

  async function ofOffer(offerId: string | null, sellerId: string | undefined): Promise<Scope | null> {
    const offer = offerId === null ? null : await marketplace.offer(offerId);
    if (offer === null || (sellerId ?? offer.sellerId) !== offer.sellerId) return null;
    const { network, token } = offer;
    const listed = gateway.network(network)?.tokens.find((entry) => entry.token === token);
    if (listed === undefined) return null;
    const price = parseAmount(offer.amount, listed.decimals);
    if (price.outcome !== 'parsed') return null;
    const amount = formatAmount(price.amount, listed.decimals);
    return { network, token, receiver: null, amount, decimals: listed.decimals, payment: null };
  }

  /** The trade behind a request, as far as the caller takes part in it; a stranger is told what everybody is. */
  async function scopeOf(actor: Actor | null, requestId: string | undefined): Promise<Scope | null> {
    if (actor === null || requestId === undefined) return null;
    const request = await marketplace.request(requestId);
    if (request === null) return null;
    const seesAll = ownershipOf(actor) === null || request.buyerId === actor.userId;
    const sellerId = seesAll ? undefined : actor.userId;
    const paid = await ofPayment(requestId, sellerId === undefined ? {} : { sellerId });
    return paid ?? ofOffer(request.selectedOfferId, sellerId);
  }

  serveOpen(router, postConfiguration, async ({ actor, body: { purchaseRequestId, ...sent } }) => {
    const scope = await scopeOf(actor, purchaseRequestId);
    if (scope === null) return spell.offered(sent.currency);
    demandSame(scope, sent);
    return spell.narrowed(scope, scope.payment);
  });

  router.get(configPath, limited, (request, response) => {
    const { query } = validate(request, shkeeperConfig);
    response.setHeader('Cache-Control', `public, max-age=${cacheSeconds}`);
    response.json(spell.offered(query.currency));
  });

  return router;
}
