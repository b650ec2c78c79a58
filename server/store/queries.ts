import type { Collection, Document } from 'mongodb';
import type { Connection, QueryFilter, Types } from 'mongoose';
import { type PaymentState, type PaymentStatus, paymentStatuses, type State } from '../domain/state.ts';
import { type PaymentRow, paymentModel } from '../models/paymentModel.ts';
import type { PageWanted } from '../ports/pages.ts';
import type { CreditedPayment, PaymentQuery, Queries, Versioned } from '../ports.ts';
import { decode } from './codec.ts';
import { readLimitMs } from './connection.ts';
import { createIntentQueries } from './intentQueries.ts';
import { refusingWhenDown } from './outage.ts';
import { readPage } from './pages.ts';
import { demandKnown, strangeWord } from './vocabulary.ts';

/** Entries of a list inside a state that a list of payments shows; ordinary payments have fewer, hostile ones hundreds (of dust). */
const listed = 20;
/** Columns that only repeat what the state says, or that nobody is shown. */
const unlistedColumns = [
  'direction status escrowState custody exception flags marketplaceId buyerId sellerId requestId offerId network token price',
  'expiresAtMs arrivalBlocks settlementOpen atProvider externalIds stateHash hash check',
].flatMap((columns) => columns.split(' '));
const cut = (lists: readonly string[], length: number) => lists.map((list) => [`state.${list}`, { $slice: length }]);
const brief: Document = Object.fromEntries([
  ...unlistedColumns.map((column) => [column, 0]),
  ...cut(['arrivals', 'payouts'], listed),
  ...cut(['seen', 'hints', 'provider.transactions'], 0),
]);
const open: PaymentStatus[] = ['pending', 'processing'];

type Stated = Pick<PaymentRow, '_id' | 'format' | 'kind' | 'state'>;
const isKnown = (row: Stated) => strangeWord(row) === null;
function stateOf(row: Stated): State {
  demandKnown(row._id, row);
  return decode(row.state) as State;
}
const present = (row: PaymentRow): Versioned => ({
  state: stateOf(row),
  seq: row.version,
  createdAtMs: row.openedAtMs,
  updatedAtMs: row.updatedAtMs,
  received: decode(row.received) as bigint,
});

/** Names a value for every field before the time in the index of its list, so that no row is read that the page does not show. */
function filterOf({ buyerId, sellerId, statuses, requestId, direction }: PaymentQuery): Document {
  const owned = buyerId !== undefined || sellerId !== undefined || requestId !== undefined;
  return {
    ...(buyerId === undefined ? {} : { buyerId }),
    ...(sellerId === undefined ? {} : { sellerId }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(statuses === undefined && requestId !== undefined ? {} : { status: { $in: statuses ?? paymentStatuses } }),
    ...(direction === undefined ? (owned ? {} : { direction: { $in: ['in', 'out'] } }) : { direction }),
  };
}

/**
 * Lists and look-ups over the projection; reads only. They wait for the rows that this process is about to write (`written`), so that a
 * caller sees what it was answered; but for those that opening an intent asks, whose answers the claims of the log check anyway. Where
 * a missing row would let money go, `demandAll` has to say first that a rebuild does not miss any.
 */
export function createQueries(
  connection: Connection,
  written: () => Promise<void>,
  demandAll: () => Promise<void>,
): Queries {
  const payments = paymentModel(connection);
  const rows = payments.collection as unknown as Collection<PaymentRow>;
  const find = (filter: QueryFilter<PaymentRow>) => payments.find(filter).maxTimeMS(readLimitMs).lean<PaymentRow[]>();
  const idsOf = (rows: readonly PaymentRow[]) => rows.map((row) => row._id);
  const { attempts, uncovered } = createIntentQueries(payments);

  return refusingWhenDown({
    async payments(query: PaymentQuery, wanted: PageWanted) {
      await written();
      const list = { filter: filterOf(query), time: 'openedAtMs', projection: brief };
      const { items, ...page } = await readPage(rows, list, wanted);
      // What a newer version wrote is counted and left out; whoever asks for that payment alone is told so.
      return { ...page, items: items.filter(isKnown).map(present) };
    },
    async payment(id: string, userId: string | null) {
      await written();
      const owned = userId === null ? {} : { $or: [{ buyerId: userId }, { sellerId: userId }] };
      const [row] = await find({ _id: id, ...owned }).limit(1);
      return row === undefined ? null : present(row);
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
