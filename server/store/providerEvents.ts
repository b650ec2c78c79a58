import { randomUUID } from 'node:crypto';
import type { Binary } from 'mongodb';
import type { Connection } from 'mongoose';
import { type ProviderEventRow, providerCountModel, providerEventModel } from '../models/providerEventModel.ts';
import type { DeliveryOutcome, ProviderDelivery, ProviderEventStore } from '../ports/deliveries.ts';
import { readLimitMs } from './connection.ts';
import { isDuplicateKey, refusingWhenDown } from './outage.ts';

/** Headers that may carry a secret and are never kept. */
const secretHeaders = new Set(['authorization', 'cookie', 'x-shkeeper-api-key']);
/** Longest body that is read when many are; a provider's own have a few thousand bytes, and anybody may send a million. */
const longestBody = 16_384;
/** Longest reason that names a counter, so that a provider cannot invent counters at will. */
const maxReason = 64;
/** Most counters of one provider that are summed up. */
const maxCounters = 1_000;

type ShownRow = Omit<ProviderEventRow, 'headers' | 'rawBody'> & {
  readonly bytes: number;
  readonly rawBody: Binary | null;
};

/** Deliveries that caused no transition, and how many there were of each outcome. */
export function createProviderEventStore(connection: Connection): ProviderEventStore {
  const events = providerEventModel(connection);
  const counts = providerCountModel(connection);

  const bump = (provider: string, outcome: DeliveryOutcome, reason: string, count: number) =>
    counts.updateOne(
      { _id: `${provider}:${outcome}:${reason}` },
      { $inc: { count }, $setOnInsert: { provider, outcome, reason } },
      { upsert: true },
    );

  return refusingWhenDown({
    async keep(delivery: ProviderDelivery) {
      const headers = Object.entries(delivery.headers).filter(([name]) => !secretHeaders.has(name.toLowerCase()));
      await events.create({ ...delivery, _id: randomUUID(), headers: Object.fromEntries(headers) });
    },
    async count(provider: string, outcome: DeliveryOutcome, reason: string, count = 1) {
      const short = reason.slice(0, maxReason);
      try {
        await bump(provider, outcome, short, count);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        await bump(provider, outcome, short, count);
      }
    },
    /** Totals by outcome, and by `outcome.reason` where there is a reason. */
    async stats(provider: string) {
      const totals: Record<string, number> = {};
      for (const { outcome, reason, count } of await counts.find({ provider }).limit(maxCounters).lean()) {
        totals[outcome] = (totals[outcome] ?? 0) + count;
        if (reason !== '') totals[`${outcome}.${reason}`] = count;
      }
      return totals;
    },
    async list(limit: number) {
      const bytes = { $binarySize: '$rawBody' };
      const rawBody = { $cond: [{ $lte: [bytes, longestBody] }, '$rawBody', null] };
      const shown = { provider: 1, outcome: 1, reason: 1, receivedAtMs: 1, bytes, rawBody };
      const rows = await events
        .aggregate<ShownRow>([{ $sort: { receivedAtMs: -1, _id: -1 } }, { $limit: limit }, { $project: shown }])
        .option({ maxTimeMS: readLimitMs });
      return rows.map(({ _id, rawBody: raw, ...rest }) => ({ id: _id, ...rest, body: raw?.toString('utf8') ?? null }));
    },
  });
}
