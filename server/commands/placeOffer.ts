import { formatAmount } from '../domain/money.ts';
import type { PurchaseRequest, SellerOffer } from '../domain/trade.ts';
import { placingProblem } from '../domain/trade.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor, Clock, Ids, MarketplaceStore } from '../ports.ts';
import { readWallet } from './rules/addresses.ts';
import { readAmount } from './rules/amount.ts';
import { offeredAsset } from './rules/asset.ts';
import { recordId, sameAsBefore } from './rules/keyedRecord.ts';
import { busy } from './rules/takenClaim.ts';

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
  readonly idempotencyClaim?: string | undefined;
}

/** What a repeat under the same key has to say again. */
const words = ['requestId', 'sellerId', 'amount', 'network', 'token', 'payoutAddress'] as const;

const closed = () => new AppError('request_closed', 'This request takes no more offers.');

/** Places a seller's offer on an open request. */
export function createPlaceOffer(deps: PlaceOfferDeps) {
  const { marketplace, gateway } = deps;

  async function readRequest(id: string): Promise<PurchaseRequest> {
    const request = await marketplace.request(id);
    if (!request) throw new AppError('not_found', 'There is no such request.');
    return request;
  }

  function offerOf(input: PlaceOfferInput): SellerOffer {
    const { network, asset } = offeredAsset(gateway, input.network ?? 'bsc', input.token ?? 'USDT');
    const amount = readAmount(input.amount, asset.decimals, 'amount');
    const { payoutAddress } = input;
    return {
      id: recordId(deps.ids, input.idempotencyClaim),
      requestId: input.requestId,
      sellerId: input.actor.userId,
      amount: formatAmount(amount, asset.decimals),
      network: network.name,
      token: asset.token,
      payoutAddress:
        payoutAddress === undefined ? null : readWallet(gateway, payoutAddress, 'payoutAddress', [network]),
      status: 'open',
      createdAtMs: deps.clock.now(),
    };
  }

  /**
   * Rejects an offer whose request took another one while it was placed: the others were rejected then, and nobody comes back for this one.
   * A payment that was opened has taken none yet, and may be for this very offer.
   */
  async function unlessTooLate(offer: SellerOffer, { id, status }: PurchaseRequest): Promise<SellerOffer> {
    const mayStand = status === 'open' || (status === 'payment' && !(await marketplace.hasAcceptedOffer(id)));
    if (mayStand || offer.status !== 'open') return offer;
    await marketplace.rejectOffer(offer.id);
    return { ...offer, status: 'rejected' };
  }

  /** The offer that this key placed before, if it did. */
  async function placedBefore(offer: SellerOffer, input: PlaceOfferInput, request: PurchaseRequest) {
    const before = input.idempotencyClaim === undefined ? null : await marketplace.offer(offer.id);
    return before === null ? null : unlessTooLate(sameAsBefore(before, offer, words), request);
  }

  function refuse(outcome: 'closed' | 'tooMany' | 'sameId'): never {
    if (outcome === 'closed') throw closed();
    if (outcome === 'sameId') throw busy('The first call with this key is being recorded.');
    throw new AppError('too_many_offers', 'You have as many offers on this request as one seller may have.');
  }

  return async function placeOffer(input: PlaceOfferInput): Promise<SellerOffer> {
    const request = await readRequest(input.requestId);
    if (request.buyerId === input.actor.userId) {
      throw new AppError('forbidden', 'A buyer cannot offer on a request of his own.');
    }
    const offer = offerOf(input);
    const outcome = placingProblem(request) === null ? await marketplace.insertOffer(offer) : 'closed';
    if (outcome !== 'placed') return (await placedBefore(offer, input, request)) ?? refuse(outcome);
    const placed = await unlessTooLate(offer, await readRequest(request.id));
    if (placed.status === 'rejected') throw closed();
    return placed;
  };
}
