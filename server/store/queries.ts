import type { Connection, QueryFilter, Types } from 'mongoose';
import type { PaymentState, PaymentStatus, State } from '../domain/state.ts';
import { type PaymentRow, paymentModel } from '../models/paymentModel.ts';
import type { PaymentQuery, Queries, Versioned } from '../ports.ts';
import { decode } from './codec.ts';
import { readLimitMs } from './connection.ts';
import { createIntentQueries } from './intentQueries.ts';
import { refusingWhenDown } from './outage.ts';

/** Entries of a list inside a state that a list of payments shows; ordinary payments have fewer, hostile ones hundreds (of dust). */
const listed = 20;
const briefState = Object.fromEntries(
  ['arrivals', 'seen', 'payouts', 'provider.transactions'].map((list) => [`state.${list}`, { $slice: listed }]),
);
const open: PaymentStatus[] = ['pending', 'processing'];

const stateOf = (row: Pick<PaymentRow, 'state'>) => decode(row.state) as State;
const present = (row: PaymentRow): Versioned => ({
  state: stateOf(row),
  seq: row.version,
  createdAtMs: row.openedAtMs,
  updatedAtMs: row.updatedAtMs,
  received: decode(row.received) as bigint,
});

function filterOf({ buyerId, sellerId, statuses, requestId, direction }: PaymentQuery): QueryFilter<PaymentRow> {
  return {
    ...(buyerId === undefined ? {} : { buyerId }),
    ...(sellerId === undefined ? {} : { sellerId }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(statuses === undefined ? {} : { status: { $in: [...statuses] } }),
    ...(direction === undefined ? {} : { direction }),
  };
}

/**
 * Lists and look-ups over the projection; reads only. They wait for the rows that this process is about to write (`written`), so that a
 * caller sees what it was answered; but for those that opening an intent asks, whose answers the claims of the log check anyway.
 */
export function createQueries(connection: Connection, written: () => Promise<void>): Queries {
  const payments = paymentModel(connection);
  const find = (filter: QueryFilter<PaymentRow>) => payments.find(filter).maxTimeMS(readLimitMs).lean<PaymentRow[]>();
  const idsOf = (rows: readonly PaymentRow[]) => rows.map((row) => row._id);
  const { attempts, uncovered } = createIntentQueries(payments);

  return refusingWhenDown({
    async payments(query: PaymentQuery, limit: number, offset: number) {
      await written();
      const filter = filterOf(query);
      const page = find(filter).select(briefState).sort({ openedAtMs: -1, _id: -1 }).skip(offset).limit(limit);
      const [rows, total] = await Promise.all([page, payments.countDocuments(filter).maxTimeMS(readLimitMs)]);
      return { items: rows.map(present), total };
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
      await written();
      const above = { arrivalBlocks: { $elemMatch: { chainId, blockNumber: { $gt: blockNumber } } } };
      const rows = await find(above).sort({ _id: 1 }).limit(limit);
      return rows.flatMap((row) => {
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
      await written();
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
