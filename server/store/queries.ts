import type { Connection, QueryFilter, Types } from 'mongoose';
import type { PaymentState, PaymentStatus, State } from '../domain/state.ts';
import { type PaymentRow, paymentModel } from '../models/paymentModel.ts';
import type { PageWanted } from '../ports/pages.ts';
import type { PaymentQuery } from '../ports/paymentReads.ts';
import type { CreditedPayment, Queries } from '../ports.ts';
import { decode } from './codec.ts';
import { readLimitMs } from './connection.ts';
import { createIntentQueries } from './intentQueries.ts';
import { refusingWhenDown } from './outage.ts';
import { isKnown, type PaymentLists, stateOf, versionedOf } from './paymentLists.ts';

const open: PaymentStatus[] = ['pending', 'processing'];

/** What look-ups stand on, beside their collection. */
interface QueryParts {
  readonly written: () => Promise<void>;
  readonly lists: PaymentLists;
  readonly demandAll: () => Promise<void>;
}

/**
 * Lists and look-ups over the projection; reads only. They wait for the rows that this process is about to write (`written`), so that a
 * caller sees what it was answered; but for those that opening an intent asks, whose answers the claims of the log check anyway. Where
 * a missing row would let money go, `demandAll` has to say first that a rebuild does not miss any.
 */
export function createQueries(connection: Connection, over: QueryParts): Queries {
  const { written, lists, demandAll } = over;
  const payments = paymentModel(connection);
  const find = (filter: QueryFilter<PaymentRow>) => payments.find(filter).maxTimeMS(readLimitMs).lean<PaymentRow[]>();
  const idsOf = (rows: readonly PaymentRow[]) => rows.map((row) => row._id);
  const { attempts, uncovered } = createIntentQueries(payments);

  return refusingWhenDown({
    async payments(query: PaymentQuery, wanted: PageWanted) {
      await written();
      const { items, ...page } = await lists.page(await lists.filterOf(query), wanted);
      // What a newer version wrote is counted and left out; whoever asks for that payment alone is told so.
      return { ...page, items: items.filter(isKnown).map(versionedOf) };
    },
    async payment(id: string, userId: string | null) {
      await written();
      const owned = userId === null ? {} : { $or: [{ buyerId: userId }, { sellerId: userId }] };
      const [row] = await find({ _id: id, ...owned }).limit(1);
      return row === undefined ? null : versionedOf(row);
    },
    attempts: (requestId: string, offerId: string, buyerId: string) => attempts({ requestId, offerId, buyerId }),
    uncovered: (buyerId: string, openedAfterMs: number, limit: number) => uncovered({ buyerId, openedAfterMs, limit }),
    async expired(now: number, limit: number) {
      await written();
      const late = { direction: 'in' as const, status: { $in: open }, expiresAtMs: { $lte: now } };
      return idsOf(await find(late).sort({ expiresAtMs: 1 }).limit(limit).select({ _id: 1 }));
    },
    async arrivalsAbove(chainId: number, blockNumber: number, limit: number) {
      await Promise.all([written(), demandAll()]);
      const above = { arrivalBlocks: { $elemMatch: { chainId, blockNumber: { $gt: blockNumber } } } };
      const rows = await find(above).sort({ _id: 1 }).limit(limit);
      return rows.flatMap((row): CreditedPayment[] => {
        if (!isKnown(row)) return [{ paymentId: row._id, state: null, arrivalBlocks: row.arrivalBlocks ?? [] }];
        const state = stateOf(row);
        return isIncoming(state) ? [{ paymentId: row._id, state }] : [];
      });
    },
    async paymentByExternalId(externalId: string) {
      await written();
      const [row] = await find({ externalIds: externalId }).limit(1).select({ _id: 1 });
      return row?._id ?? null;
    },
    async inProviderCustody(asset: string) {
      await Promise.all([written(), demandAll()]);
      const holding = { 'atProvider.asset': asset, 'atProvider.0': { $exists: true } };
      const [sum] = await payments
        .aggregate<{ amount: Types.Decimal128 }>([
          { $match: holding },
          { $unwind: '$atProvider' },
          { $match: { 'atProvider.asset': asset } },
          { $group: { _id: null, amount: { $sum: '$atProvider.amount' } } },
        ])
        .option({ maxTimeMS: readLimitMs });
      return sum === undefined ? 0n : (decode(sum.amount) as bigint);
    },
    async openSettlements(limit: number) {
      await written();
      return idsOf(await find({ settlementOpen: true }).sort({ updatedAtMs: 1 }).limit(limit).select({ _id: 1 }));
    },
  });
}

const isIncoming = (state: State): state is PaymentState => state.direction === 'in';
