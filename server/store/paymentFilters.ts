import type { Collection, Document } from 'mongodb';
import { claim } from '../domain/claim.ts';
import { paymentStatuses } from '../domain/state.ts';
import type { PaymentRow } from '../models/paymentModel.ts';
import type { Naming, PaymentQuery } from '../ports/paymentReads.ts';
import { readLimitMs } from './connection.ts';

/** One name means one payment and the payouts that it ends by; a transaction may pay many at once. */
const mostNamed = 200;
const hash = /^0x[0-9a-f]{64}$/;

interface Sources {
  readonly rows: Collection<PaymentRow>;
  /** Who holds the claims that start with a prefix. */
  readonly claimsUnder: (prefix: string) => Promise<readonly { readonly paymentId: string }[]>;
}

/** Turns what a list is about into a filter that names a value for every field before the time in one index, so that no row is read that is not shown. */
export function createPaymentFilters({ rows, claimsUnder }: Sources) {
  async function anyOf(field: 'network' | 'token', filter: Document): Promise<Document> {
    const values = await rows.distinct(field, { direction: 'in', ...filter }, { maxTimeMS: readLimitMs });
    // Of an empty list the database makes a plan that sorts.
    return { $in: values.length === 0 ? [''] : values };
  }

  /** Of everybody's payments one needs both words; the other's values are few, and the index has them side by side; payouts have those of payments. */
  async function marketOf({ network, token }: PaymentQuery): Promise<Document> {
    if (network === undefined && token === undefined) return {};
    if (network === undefined) return { network: await anyOf('network', {}), token };
    return { network, token: token ?? (await anyOf('token', { network })) };
  }

  async function idsNamed({ text, chainIds }: Naming): Promise<string[]> {
    const lower = text.toLowerCase();
    if (!hash.test(lower)) {
      const known = { $or: [{ _id: text }, { externalIds: text }] };
      const found = await rows
        .find(known, { projection: { _id: 1 }, limit: mostNamed, maxTimeMS: readLimitMs })
        .toArray();
      return found.map(({ _id }) => _id);
    }
    const prefixes = chainIds.flatMap((chainId) => [
      claim.transfersIn(chainId, lower),
      claim.movements(chainId, lower),
    ]);
    const held = await Promise.all(prefixes.map(claimsUnder));
    return [...new Set(held.flat().map(({ paymentId }) => paymentId))].slice(0, mostNamed);
  }

  return async function filterOf(query: PaymentQuery): Promise<Document> {
    const { buyerId, sellerId, userId, statuses, requestId, direction, network, token, fromMs, untilMs, named } = query;
    const owned = buyerId !== undefined || sellerId !== undefined || userId !== undefined;
    const bounded = fromMs !== undefined || untilMs !== undefined;
    const rest = given({
      requestId,
      status: statuses === undefined && requestId !== undefined ? undefined : { $in: statuses ?? paymentStatuses },
      direction: direction ?? (owned || requestId !== undefined ? undefined : { $in: ['in', 'out'] }),
      openedAtMs: bounded ? given({ $gte: fromMs, $lt: untilMs }) : undefined,
      _id: named === undefined ? undefined : { $in: await idsNamed(named) },
      ...(owned || requestId !== undefined || named !== undefined ? { network, token } : await marketOf(query)),
    });
    if (userId === undefined) return given({ buyerId, sellerId, ...rest });
    // One short scan for each part of the user, each with everything that it is about. A part that another filter gives to somebody else is none of his.
    const parts = [
      ...(isOrAny(buyerId, userId) ? [{ buyerId: userId, ...rest, ...given({ sellerId }) }] : []),
      ...(isOrAny(sellerId, userId) ? [{ sellerId: userId, ...rest, ...given({ buyerId }) }] : []),
    ];
    return parts.length === 0 ? { buyerId: userId, ...rest, status: noStatus } : { $or: parts };
  };
}

/** Nothing, from an index that keeps the order: of an empty list the database makes a plan that sorts. */
const noStatus = { $in: [''] };
const isOrAny = (wanted: string | undefined, userId: string) => wanted === undefined || wanted === userId;
const given = (fields: Document): Document =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
