import { type Db, Decimal128, type Document } from 'mongodb';
import { paymentStatuses } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import { type PaymentRow, paymentIndexes } from '../models/paymentModel.ts';
import type { Page, PageWanted, Place } from '../ports/pages.ts';
import type { PaymentReports, StatusSum } from '../ports/paymentReads.ts';
import { readLimitMs } from './connection.ts';
import { isTooLong, reachable } from './outage.ts';
import { type PaymentLists, versionedOf } from './paymentLists.ts';

/** Somebody waits for the sums of all; it is as long as the trial balance may take. */
const allLimitMs = 20_000;
/** Payments read by one query of a long reading; some 1 MB of documents. */
const pageSize = 200;
/** Newer than everything; nobody counts behind a place. */
const beginning: Place = { atMs: Number.MAX_SAFE_INTEGER, id: '' };
const directions = ['in', 'out'] as const;

/** Sums of 34 digits would be rounded, and anybody can offer a price of 33: each half is added up apart. */
const half = Decimal128.fromString('1000000000000000000');
const lower = { $mod: ['$price', half] };
const upper = { $divide: [{ $subtract: ['$price', lower] }, half] };
const plain = /^(\d+)(?:E\+(\d+))?$/;

interface SumRow {
  readonly _id: Omit<StatusSum, 'count' | 'amount'>;
  readonly count: number;
  readonly upper: Decimal128;
  readonly lower: Decimal128;
}

function whole(sum: Decimal128): bigint {
  const [, digits, exponent = '0'] = plain.exec(sum.toString()) ?? [];
  if (digits === undefined) throw new RangeError(`A sum of ${sum} is no whole number.`);
  return BigInt(digits) * 10n ** BigInt(exponent);
}

const pipelineOf = (match: Document): Document[] => [
  { $match: match },
  {
    $group: {
      _id: { direction: '$direction', network: '$network', token: '$token', status: '$status' },
      count: { $sum: 1 },
      upper: { $sum: upper },
      lower: { $sum: lower },
    },
  },
];

interface Sources {
  /** A client whose sockets wait for long sums. */
  readonly reports: Db;
  readonly lists: PaymentLists;
  /** Ends when the rows are written that this process has on their way. */
  readonly written: () => Promise<void>;
}

/** Sums and long readings over the projection; the sums read an index alone. */
export function createPaymentReports({ reports, lists, written }: Sources): PaymentReports {
  const { rows } = lists;
  const all = reports.collection<PaymentRow>(rows.collectionName);
  const listed = { status: { $in: paymentStatuses }, direction: { $in: directions } };

  const sumsOfAll = () =>
    all.aggregate<SumRow>(pipelineOf(listed), { hint: paymentIndexes.market, maxTimeMS: allLimitMs }).toArray();
  const sumsOf = (filter: Document) =>
    rows.aggregate<SumRow>(pipelineOf({ ...filter, ...listed }), { maxTimeMS: readLimitMs }).toArray();

  async function found({ userId, ...side }: Parameters<PaymentReports['sums']>[0]): Promise<SumRow[]> {
    if (userId === undefined) return Object.keys(side).length === 0 ? sumsOfAll() : sumsOf(side);
    // Whoever is on both sides is counted once.
    const sides = [{ buyerId: userId }, { sellerId: userId, buyerId: { $ne: userId } }];
    return (await Promise.all(sides.map(sumsOf))).flat();
  }

  return {
    async sums(party) {
      await written();
      return reachable(() => withinTime(async () => merged(await found(party))));
    },
    async *each(query) {
      await written();
      const filter = await reachable(() => lists.filterOf(query));
      for (let after: Place | null = beginning; after !== null; ) {
        const wanted: PageWanted = { limit: pageSize, order: 'newestFirst', offset: 0, after };
        const page: Page<PaymentRow> = await reachable(() => lists.page(filter, wanted));
        // What this version cannot read ends the reading: a part must not be taken for all.
        yield page.items.map(versionedOf);
        after = page.next;
      }
    },
  };
}

function merged(found: readonly SumRow[]): StatusSum[] {
  const sums = new Map<string, StatusSum>();
  for (const { _id, count, ...halves } of found) {
    const key = `${_id.network} ${_id.token} ${_id.direction} ${paymentStatuses.indexOf(_id.status)}`;
    const amount = whole(halves.upper) * BigInt(half.toString()) + whole(halves.lower);
    const before = sums.get(key);
    sums.set(key, { ..._id, count: count + (before?.count ?? 0), amount: amount + (before?.amount ?? 0n) });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

async function withinTime<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isTooLong(error)) throw error;
    const message = 'There are too many payments to be summed while somebody waits.';
    throw new AppError('report_too_large', message, { cause: error });
  }
}
