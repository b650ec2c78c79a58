import type { AggregateOptions, Collection, Db, Decimal128, Document } from 'mongodb';
import { kindOf } from '../domain/accounts.ts';
import type { Leg } from '../domain/ledger.ts';
import type { Balance } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { LedgerStore, StatementLeg, StatementLine } from '../ports/books.ts';
import { decode } from './codec.ts';
import { readLimitMs } from './connection.ts';
import { kindSums, partySums, paymentSums, sumsAtBlock } from './ledgerPipelines.ts';
import { isTooLong, reachable, refusingWhenDown } from './outage.ts';
import type { TransitionDocument } from './transitionDocument.ts';
import { transitionCollection } from './transitionSchema.ts';

/** How long sums may run inside the server: somebody waits for a report, nobody for the nightly one. */
const reportLimitMs = 20_000;
const nightlyLimitMs = 900_000;
const lastSeq = 999_999;

type Log = Collection<TransitionDocument>;
interface SumRow {
  readonly _id: { readonly account: string; readonly asset: string };
  readonly amount: Decimal128;
}

/** A sum beyond 34 digits is rounded by the database and written with an exponent. */
function exactly(sum: Decimal128): bigint {
  const text = sum.toString();
  if (!/^-?\d+$/.test(text)) throw new RangeError(`A sum of ${text} is beyond what the database adds exactly.`);
  return BigInt(text);
}

const toBalance = ({ _id, amount }: SumRow): Balance => ({ ..._id, amount: exactly(amount) });
const byName = (a: Balance, b: Balance) => (`${a.asset} ${a.account}` < `${b.asset} ${b.account}` ? -1 : 1);

async function withinTime<T>(sums: () => Promise<T>): Promise<T> {
  try {
    return await sums();
  } catch (error) {
    if (!isTooLong(error)) throw error;
    const message =
      'The books are too large to be summed while somebody waits; the nightly reconciliation has the sums.';
    throw new AppError('report_too_large', message, { cause: error });
  }
}

/** All sums of a pipeline. */
const sumsOf = async (log: Log, pipeline: Document[], options: AggregateOptions) =>
  (await log.aggregate<SumRow>(pipeline, options).toArray()).map(toBalance);

/** The books over the log; long sums run on `reports`, a client whose sockets wait for them. */
export function createLedgerStore(database: Db, reports: Db): LedgerStore {
  const log: Log = database.collection(transitionCollection);
  const large: Log = reports.collection(transitionCollection);
  const briefly = { maxTimeMS: readLimitMs };
  const atLength = { maxTimeMS: reportLimitMs, allowDiskUse: true };

  const reads = refusingWhenDown({
    async paymentBalances(paymentId: string) {
      const ids = { $gte: `${paymentId}:`, $lt: `${paymentId};` };
      const newest = await log.findOne({ _id: ids }, { sort: { _id: -1 }, projection: { seq: 1 }, ...briefly });
      // What is appended meanwhile is in neither the number nor the sums.
      const asOfSeq = newest?.seq ?? 0;
      return { asOfSeq, balances: (await sumsOf(log, paymentSums(paymentId, asOfSeq), briefly)).sort(byName) };
    },
    async statement(paymentId: string, afterSeq: number, limit: number) {
      const before = afterSeq === 0 ? [] : await sumsOf(log, paymentSums(paymentId, afterSeq), briefly);
      return linesOf(await stepsAfter(log, paymentId, afterSeq, limit), before);
    },
    partyBalances: (userId: string, openLimit: number) =>
      withinTime(async () => partyOf(await sumsOf(large, partySums(userId), atLength), openLimit)),
    trialBalance: () =>
      withinTime(async () => {
        const sums = await sumsOf(large, kindSums(), atLength);
        return sums.map(({ account, asset, amount }) => ({ kind: account, asset, amount }));
      }),
  });

  return {
    ...reads,
    async *booksAt(network: string, blockNumber: number) {
      const options = { maxTimeMS: nightlyLimitMs, allowDiskUse: true };
      const cursor = large.aggregate<SumRow>(sumsAtBlock(network, blockNumber), options);
      try {
        for (let row = await reachable(() => cursor.next()); row !== null; row = await reachable(() => cursor.next()))
          yield toBalance(row);
      } finally {
        await cursor.close();
      }
    },
  };
}

type PostedStep = Pick<TransitionDocument, '_id' | 'seq' | 'kind' | 'atMs' | 'actor' | 'legs'>;

function stepsAfter(log: Log, paymentId: string, afterSeq: number, limit: number): Promise<PostedStep[]> {
  const padded = String(Math.min(afterSeq, lastSeq)).padStart(6, '0');
  const later = { _id: { $gt: `${paymentId}:${padded}`, $lt: `${paymentId};` }, 'legs.0': { $exists: true } };
  const projection = { seq: 1, kind: 1, atMs: 1, actor: 1, legs: 1 };
  return log.find(later, { sort: { _id: 1 }, projection, limit, maxTimeMS: readLimitMs }).toArray();
}

/** The steps with running balances, from what the accounts held before the first. */
function linesOf(steps: readonly PostedStep[], before: readonly Balance[]): StatementLine[] {
  const running = new Map(before.map(({ asset, account, amount }) => [`${asset} ${account}`, amount]));
  return steps.map(({ seq, kind, atMs, actor, legs }) => ({
    ...{ seq, kind, atMs, actor },
    legs: (decode(legs) as Leg[]).map((leg): StatementLeg => {
      const key = `${leg.asset} ${leg.account}`;
      const balance = (running.get(key) ?? 0n) + leg.amount;
      running.set(key, balance);
      return { ...leg, balance };
    }),
  }));
}

/** Adds up what is owed for single payments, and names the first of them. */
function partyOf(sums: readonly Balance[], openLimit: number) {
  const isOwed = ({ account }: Balance) => kindOf(account)?.startsWith('owed:') === true;
  const open = sums.filter(isOwed);
  const totals = new Map<string, Balance>();
  for (const sum of sums) {
    const account = isOwed(sum) ? sum.account.split(':').slice(0, 3).join(':') : sum.account;
    const key = `${sum.asset} ${account}`;
    totals.set(key, { account, asset: sum.asset, amount: (totals.get(key)?.amount ?? 0n) + sum.amount });
  }
  return { balances: [...totals.values()].sort(byName), open: open.slice(0, openLimit), openTotal: open.length };
}
