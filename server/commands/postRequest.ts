import type { PurchaseRequest } from '../domain/trade.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor, Clock, Ids, MarketplaceStore, Policy } from '../ports.ts';
import { readWallet } from './rules/addresses.ts';
import { recordId, sameAsBefore } from './rules/keyedRecord.ts';

export interface PostRequestDeps {
  readonly marketplace: MarketplaceStore;
  readonly gateway: EscrowGateway;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly policy: Policy;
}

export interface PostRequestInput {
  readonly actor: Actor;
  readonly title: string;
  readonly description: string;
  readonly buyerWallet?: string | undefined;
  readonly refundTo?: string | undefined;
  readonly idempotencyClaim?: string | undefined;
}

/** What a repeat under the same key has to say again. */
const words = ['marketplaceId', 'buyerId', 'title', 'description', 'buyerWallet', 'refundTo'] as const;

/** Opens a purchase request; the buyer's addresses, when given, go into the terms of every payment for it. */
export function createPostRequest(deps: PostRequestDeps) {
  const wallet = (text: string | undefined, field: string) =>
    text === undefined ? null : readWallet(deps.gateway, text, field, deps.gateway.networks());

  return async function postRequest(input: PostRequestInput): Promise<PurchaseRequest> {
    const request: PurchaseRequest = {
      id: recordId(deps.ids, input.idempotencyClaim),
      marketplaceId: deps.policy.marketplaceId,
      buyerId: input.actor.userId,
      title: input.title,
      description: input.description,
      status: 'open',
      selectedOfferId: null,
      buyerWallet: wallet(input.buyerWallet, 'buyerWallet'),
      refundTo: wallet(input.refundTo, 'refundTo'),
      createdAtMs: deps.clock.now(),
    };
    if (await deps.marketplace.insertRequest(request)) return request;
    return sameAsBefore(await deps.marketplace.request(request.id), request, words);
  };
}
