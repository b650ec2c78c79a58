import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { PaymentQuery } from '../ports/paymentReads.ts';
import type { Actor } from '../ports.ts';
import { ownershipOf } from './policies.ts';
import type { PaymentFilters } from './schemas/paymentFilters.ts';

/** Buyers read what they pay, sellers what they are paid, operators everything. */
export function partyOf({ userId, role }: Actor): Pick<PaymentQuery, 'buyerId' | 'sellerId'> {
  if (role === 'buyer') return { buyerId: userId };
  return role === 'seller' ? { sellerId: userId } : {};
}

/** All payments of a user, on either side; only for himself and operators. */
export function partyNamed(actor: Actor, userId: string): Pick<PaymentQuery, 'userId'> {
  const owner = ownershipOf(actor);
  if (owner !== null && owner !== userId) throw new AppError('not_found', 'There is no such user.');
  return { userId };
}

/** What a reader of many payments asks for, within what is his; null when that can be nothing. */
export function scopeOf(
  actor: Actor,
  own: Pick<PaymentQuery, 'buyerId' | 'sellerId' | 'userId'>,
  filters: PaymentFilters,
  { networks }: Pick<EscrowGateway, 'networks'>,
): PaymentQuery | null {
  const { network, token, from, to, sellerId, buyerId, status, q } = filters;
  if (buyerId !== undefined && ownershipOf(actor) !== null)
    throw new AppError('forbidden', 'buyerId is a filter of operators.');
  if (own.sellerId !== undefined && sellerId !== undefined && own.sellerId !== sellerId) return null;
  return {
    ...(buyerId === undefined ? {} : { buyerId }),
    ...(sellerId === undefined ? {} : { sellerId }),
    ...own,
    ...(status === undefined ? {} : { statuses: status }),
    ...(network === undefined ? {} : { network }),
    ...(token === undefined ? {} : { token }),
    ...(from === undefined ? {} : { fromMs: from }),
    ...(to === undefined ? {} : { untilMs: to }),
    ...(q === undefined ? {} : { named: { text: q, chainIds: networks().map(({ chainId }) => chainId) } }),
  };
}
