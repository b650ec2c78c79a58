import { formatAmount } from '../../domain/money.ts';
import type { PurchaseRequest, SellerOffer } from '../../domain/trade.ts';
import { AppError } from '../../errors.ts';
import type { EscrowGateway } from '../../ports/outside.ts';
import type { Actor, MarketplaceStore } from '../../ports.ts';
import { readAmount } from './amount.ts';
import { type Offered, offeredAsset } from './asset.ts';

/** What a caller says he is paying for. */
export interface TradeWords {
  readonly purchaseRequestId: string;
  readonly sellerOfferId: string;
  readonly sellerId: string;
  readonly amount: string;
  readonly token: string;
  readonly network: string;
}

/** A request and an offer on it, with the offer's price in base units. */
export interface Trade extends Offered {
  readonly request: PurchaseRequest;
  readonly offer: SellerOffer;
  readonly price: bigint;
}

/** There are none, or they are somebody else's: a stranger must not be able to tell the one from the other. */
export const noSuchTrade = () => new AppError('not_found', 'There is no such request or offer.');

/** Both sides are named so that the caller can mend it; thrown only after it is clear that he may see the offer. */
export const mismatch = (field: string, offered: string, sent: string) =>
  new AppError('offer_mismatch', `${field} differs from the offer, which says ${offered}; ${sent} was sent.`, {
    details: { field, offered, sent },
  });

/** Compares a caller's words with the offer itself; only the offer's own figures are ever used. */
export async function readTrade(
  ports: { readonly marketplace: MarketplaceStore; readonly gateway: EscrowGateway },
  actor: Actor,
  words: TradeWords,
): Promise<Trade> {
  const [request, offer] = await Promise.all([
    ports.marketplace.request(words.purchaseRequestId),
    ports.marketplace.offer(words.sellerOfferId),
  ]);
  const mayPay = actor.role === 'admin' || request?.buyerId === actor.userId;
  if (!request || !mayPay || offer?.requestId !== request.id) {
    throw noSuchTrade();
  }
  const given = offeredAsset(ports.gateway, words.network, words.token);
  const amount = readAmount(words.amount, given.asset.decimals, 'amount');
  if (offer.sellerId !== words.sellerId) throw mismatch('sellerId', offer.sellerId, words.sellerId);
  if (offer.network !== given.asset.network) throw mismatch('network', offer.network, given.asset.network);
  if (offer.token !== given.asset.token) throw mismatch('token', offer.token, given.asset.token);
  const price = readAmount(offer.amount, given.asset.decimals, 'amount');
  const plain = (base: bigint) => formatAmount(base, given.asset.decimals);
  if (price !== amount) throw mismatch('amount', plain(price), plain(amount));
  return { ...given, request, offer, price };
}
