import type { PurchaseRequest } from '../domain/trade.ts';
import type { Actor } from '../ports.ts';

/** Every authenticated socket is in it; it only learns that something happened. */
export const marketplaceRoom = 'marketplace';
export const adminRoom = 'admin';
export const requestRoom = (requestId: string) => `request:${requestId}`;
export const buyerRoom = (userId: string) => `buyer:${userId}`;
export const sellerRoom = (userId: string) => `seller:${userId}`;

/** The rooms a socket is put into by the server when it connects. */
export function roomsOf(actor: Actor): string[] {
  const own = {
    buyer: buyerRoom(actor.userId),
    seller: sellerRoom(actor.userId),
    admin: adminRoom,
    auditor: adminRoom,
  };
  return [marketplaceRoom, own[actor.role]];
}

/** Whether an actor may follow a request: its buyer, a seller with an offer on it, or the operator's people. */
export function mayFollow(actor: Actor, request: PurchaseRequest, hasOffer: boolean): boolean {
  if (actor.role === 'admin' || actor.role === 'auditor') return true;
  return request.buyerId === actor.userId || hasOffer;
}
