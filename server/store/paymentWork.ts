import type { Connection } from 'mongoose';
import { dueWorkModel } from '../models/dueWorkModel.ts';
import { type WatchRow, watchModel } from '../models/watchModel.ts';
import type { PaymentWork } from '../ports/watching.ts';
import { dueKinds } from '../ports.ts';
import { readLimitMs } from './connection.ts';
import { reachable } from './outage.ts';

/** Reads what is kept for one payment beside its log, by ids alone. */
export function createPaymentWork(connection: Connection): (paymentId: string) => Promise<PaymentWork> {
  const rows = dueWorkModel(connection);
  const watches = watchModel(connection);
  return (paymentId) =>
    reachable(async () => {
      const ids = dueKinds.map((kind) => `${kind}:${paymentId}`);
      const [work, watch] = await Promise.all([
        rows
          .find({ _id: { $in: ids } })
          .maxTimeMS(readLimitMs)
          .lean(),
        watches.findById(paymentId).maxTimeMS(readLimitMs).lean(),
      ]);
      return {
        work: work.map(({ kind, atMs, leaseUntilMs, attempts }) => ({ kind, atMs, leaseUntilMs, attempts })),
        watch: watch === null ? null : watchOf(watch),
      };
    });
}

function watchOf({ _id, chainId, addresses, termsId, hotWallet, fromBlock, untilMs }: WatchRow) {
  const watched = addresses.map(({ address, custody }) => ({ address, custody }));
  return { paymentId: _id, chainId, addresses: watched, termsId, hotWallet, fromBlock, untilMs };
}
