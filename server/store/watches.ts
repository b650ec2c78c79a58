import type { Collection, Document } from 'mongodb';
import type { Connection } from 'mongoose';
import { BoundedMap } from '../boundedMap.ts';
import { type WatchRow, watchModel } from '../models/watchModel.ts';
import type { Watch, WatchStore } from '../ports.ts';
import { refusingWhenDown } from './outage.ts';
import { createUpserts } from './upserts.ts';

/** Most rows a look-up by terms answers; terms belong to one payment, so more would be a mistake of ours. */
const maxMatches = 1_000;

/** Payments whose watch this process remembers to have written: most steps of a payment change nothing of it, and a row only grows. */
const remembered = 10_000;

const toWatch = ({ _id, ...rest }: WatchRow): Watch => ({ ...rest, paymentId: _id });

/** What the monitors read. A watch only grows (addresses, time), so an old writer cannot shrink what a newer one wrote. */
export function createWatchStore(connection: Connection): WatchStore {
  const watches = watchModel(connection);

  const write = createUpserts(watches.collection as unknown as Collection<Document & { _id: string }>);

  const written = new BoundedMap<string, string>(remembered);

  const list = async (query: ReturnType<typeof watches.find>) => (await query.lean<WatchRow[]>()).map(toWatch);

  return refusingWhenDown({
    async upsert(watch: Watch) {
      const text = JSON.stringify(watch);
      if (written.get(watch.paymentId) === text) return;
      const { paymentId, chainId, addresses, termsId, hotWallet, fromBlock, untilMs } = watch;
      await write({
        id: paymentId,
        update: {
          $setOnInsert: { chainId, termsId, hotWallet },
          $addToSet: { addresses: { $each: [...addresses] } },
          $min: { fromBlock },
          $max: { untilMs },
        },
      });
      written.set(watch.paymentId, text);
    },
    page: (chainId: number, now: number, afterPaymentId: string, limit: number) =>
      list(
        watches
          .find({ chainId, untilMs: { $gt: now }, _id: { $gt: afterPaymentId } })
          .sort({ _id: 1 })
          .limit(limit),
      ),
    byTermsId: (chainId: number, termsIds: readonly string[]) =>
      list(watches.find({ chainId, termsId: { $in: termsIds.map((id) => id.toLowerCase()) } }).limit(maxMatches)),
  });
}
