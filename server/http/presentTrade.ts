import type { PurchaseRequest, SellerOffer } from '../domain/trade.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor } from '../ports.ts';
import type { OfferDocument, RequestDocument } from './endpoints/requests.ts';

const operator = (actor: Actor) => actor.role === 'admin' || actor.role === 'auditor';

/** Presents requests and offers; wallets are only for the one they belong to and for operators. */
export function createTradePresenter(gateway: Pick<EscrowGateway, 'checksum'>) {
  const spell = (address: string | null) => (address === null ? null : gateway.checksum(address));

  function request(record: PurchaseRequest, actor: Actor): RequestDocument {
    const { id, buyerId, title, description, status, selectedOfferId, createdAtMs } = record;
    const wallets = { buyerWallet: spell(record.buyerWallet), refundTo: spell(record.refundTo) };
    const own = operator(actor) || actor.userId === buyerId;
    const createdAt = new Date(createdAtMs).toISOString();
    return { id, buyerId, title, description, status, selectedOfferId, createdAt, ...(own ? wallets : {}) };
  }

  function offer(record: SellerOffer, actor: Actor): OfferDocument {
    const { id, requestId, sellerId, network, token, status } = record;
    const own = operator(actor) || actor.userId === sellerId;
    return {
      id,
      requestId,
      sellerId,
      amount: Number(record.amount),
      amountExact: record.amount,
      network,
      token,
      status,
      createdAt: new Date(record.createdAtMs).toISOString(),
      ...(own ? { payoutAddress: spell(record.payoutAddress) } : {}),
    };
  }

  return { request, offer };
}
