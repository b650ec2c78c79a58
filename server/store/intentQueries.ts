import type { Model } from 'mongoose';
import type { PaymentStatus } from '../domain/state.ts';
import type { PaymentRow } from '../models/paymentModel.ts';
import { createBatches } from './batches.ts';
import { readLimitMs } from './connection.ts';

/** Most attempts of one (request, offer, buyer) that are looked at. */
const maxAttempts = 1_000;
/** Intents asked for by one query; with two on their way the next ones collect. */
const maxBatch = 64;
const twoAtATime = 2;
const uncoveredStatuses: PaymentStatus[] = ['pending', 'processing', 'failed', 'cancelled'];

interface TradeKey {
  readonly requestId: string;
  readonly offerId: string;
  readonly buyerId: string;
}
interface BuyerKey {
  readonly buyerId: string;
  readonly openedAfterMs: number;
  readonly limit: number;
}
type Attempt = Pick<PaymentRow, '_id' | 'status' | 'requestId' | 'offerId' | 'buyerId'>;
const attemptFields = { status: 1, requestId: 1, offerId: 1, buyerId: 1 } as const;

/** What opening an intent asks about the payments there are; calls that run at the same time leave as one query. */
export function createIntentQueries(payments: Model<PaymentRow>) {
  const newestFirst = (trades: readonly TradeKey[], limit: number) =>
    payments
      .find({ $or: trades.map((trade) => ({ ...trade, direction: 'in' as const })) })
      .sort({ openedAtMs: -1, _id: -1 })
      .limit(limit)
      .select(attemptFields)
      .maxTimeMS(readLimitMs)
      .lean<Attempt[]>();

  const attempts = createBatches<TradeKey, { id: string; status: PaymentStatus }[]>({
    maxSize: maxBatch,
    maxInFlight: twoAtATime,
    async run(trades) {
      const rows = await newestFirst(trades, maxAttempts);
      // Several long lists together; nobody may get a part of his.
      const lists =
        rows.length < maxAttempts
          ? trades.map((trade) => rows.filter((row) => isOf(row, trade)))
          : await Promise.all(trades.map((trade) => newestFirst([trade], maxAttempts)));
      return lists.map((list) => list.map(({ _id, status }) => ({ id: _id, status })));
    },
  });

  /** Everybody's payments are counted from the earliest time that one of the callers named, which is milliseconds before the others'. */
  const uncovered = createBatches<BuyerKey, number>({
    maxSize: maxBatch,
    maxInFlight: twoAtATime,
    async run(buyers) {
      const mine = {
        buyerId: { $in: buyers.map(({ buyerId }) => buyerId) },
        openedAtMs: { $gt: Math.min(...buyers.map(({ openedAfterMs }) => openedAfterMs)) },
        ...{ status: { $in: uncoveredStatuses }, direction: 'in' },
      };
      const counted = await payments
        .aggregate<{ _id: string; n: number }>([{ $match: mine }, { $group: { _id: '$buyerId', n: { $sum: 1 } } }])
        .option({ maxTimeMS: readLimitMs });
      const counts = new Map(counted.map(({ _id, n }) => [_id, n]));
      return buyers.map(({ buyerId, limit }) => Math.min(counts.get(buyerId) ?? 0, limit));
    },
  });

  return { attempts, uncovered };
}

const isOf = (row: Attempt, { requestId, offerId, buyerId }: TradeKey) =>
  row.requestId === requestId && row.offerId === offerId && row.buyerId === buyerId;
