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

  async function readRequest(id: string): Promise<{ request: PurchaseRequest; isOpen: boolean }> {
    const request = await marketplace.request(id);
    if (!request) throw new AppError('not_found', 'There is no such request.');
    return { request, isOpen: placingProblem(request) === null };
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

  /** The offer that this key placed before, if it did; one that was placed while the request closed is rejected, as its placing would have done. */
  async function placedBefore(offer: SellerOffer, input: PlaceOfferInput, isOpen: boolean) {
    const before = input.idempotencyClaim === undefined ? null : await marketplace.offer(offer.id);
    if (before === null) return null;
    const same = sameAsBefore(before, offer, words);
    if (isOpen || same.status !== 'open') return same;
    await marketplace.rejectOffer(same.id);
    return { ...same, status: 'rejected' } as const;
  }

  function refuse(outcome: 'closed' | 'tooMany' | 'sameId'): never {
    if (outcome === 'closed') throw closed();
    if (outcome === 'sameId') throw busy('The first call with this key is being recorded.');
    throw new AppError('too_many_offers', 'You have as many offers on this request as one seller may have.');
  }

  return async function placeOffer(input: PlaceOfferInput): Promise<SellerOffer> {
    const { request, isOpen } = await readRequest(input.requestId);
    if (request.buyerId === input.actor.userId) {
      throw new AppError('forbidden', 'A buyer cannot offer on a request of his own.');
    }
    const offer = offerOf(input);
    const outcome = isOpen ? await marketplace.insertOffer(offer) : 'closed';
    if (outcome !== 'placed') return (await placedBefore(offer, input, isOpen)) ?? refuse(outcome);
    // The request may have closed between the look and the insert; then nobody would ever reject this offer.
    if ((await readRequest(request.id)).isOpen) return offer;
    await marketplace.rejectOffer(offer.id);
    throw closed();
  };
}
