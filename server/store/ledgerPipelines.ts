import { Decimal128, type Document } from 'mongodb';
import { accountsOfParty, firstWordsOfPayments, firstWordsOfTwo } from '../domain/accounts.ts';
import { transitionId } from '../domain/transition.ts';

const zero = Decimal128.fromString('0');
const nonZero: Document = { $match: { amount: { $ne: zero } } };
const oneByOne: Document[] = [{ $project: { legs: 1 } }, { $unwind: '$legs' }];
const sumBy = (key: Document): Document => ({ $group: { _id: key, amount: { $sum: '$legs.amount' } } });
const byAccount = { account: '$legs.account', asset: '$legs.asset' };

/** A range of names that begin with a prefix which ends in `:`; `;` is the character after it. */
const under = (prefix: string) => ({ $gte: prefix, $lt: `${prefix.slice(0, -1)};` });

const firstWord = { $first: { $split: ['$legs.account', ':'] } };
const secondWord = { $arrayElemAt: [{ $split: ['$legs.account', ':'] }, 1] };
const kind = {
  $cond: [{ $in: [firstWord, [...firstWordsOfTwo]] }, { $concat: [firstWord, ':', secondWord] }, firstWord],
};
const paymentsApart = { $cond: [{ $in: [firstWord, [...firstWordsOfPayments]] }, '$legs.account', kind] };

/** The ids of a payment's transitions up to a sequence number. */
const stepsUpTo = (paymentId: string, seq: number) => ({
  _id: { $gte: `${paymentId}:`, $lte: transitionId(paymentId, seq) },
});

/** What a payment's log posted up to a sequence number, account by account. */
export function paymentSums(paymentId: string, upToSeq: number): Document[] {
  return [{ $match: stepsUpTo(paymentId, upToSeq) }, ...oneByOne, sumBy(byAccount), nonZero];
}

/** What one user's accounts hold, account by account. */
export function partySums(userId: string): Document[] {
  const { names, prefixes } = accountsOfParty(userId);
  const clauses = [{ $in: names }, ...prefixes.map(under)];
  return [
    // One clause for each scan; both bounds of a prefix within one leg, else the server uses only one of them.
    { $match: { $or: clauses.map((account) => ({ legs: { $elemMatch: { account } } })) } },
    ...oneByOne,
    { $match: { $or: clauses.map((account) => ({ 'legs.account': account })) } },
    sumBy(byAccount),
    nonZero,
    { $sort: { _id: 1 } },
  ];
}

/** What every kind of account holds, asset by asset. */
export function kindSums(): Document[] {
  return [...oneByOne, sumBy({ asset: '$legs.asset', account: kind }), { $sort: { _id: 1 } }];
}

/** The youngest block that a transition rests on; null when it rests on none. A reversal rests on the arrivals that it took back. */
const blockOfFact = {
  $max: [
    ...['transfer', 'fact', 'movement'].map((name) => `$evidence.signal.${name}.blockNumber`),
    {
      $cond: [
        { $eq: ['$kind', 'transferOrphaned'] },
        {
          $max: {
            $map: {
              input: { $filter: { input: { $ifNull: ['$state.arrivals', []] }, cond: '$$this.reversed' } },
              in: '$$this.blockNumber',
            },
          },
        },
        null,
      ],
    },
  ],
};

/** What the accounts of a network's assets hold as of a block; those of payments one by one, the others by their kind. */
export function sumsAtBlock(network: string, blockNumber: number): Document[] {
  return [
    { $match: { legs: { $elemMatch: { asset: under(`${network}:`) } } } },
    { $match: { $expr: { $not: [{ $gt: [blockOfFact, blockNumber] }] } } },
    ...oneByOne,
    sumBy({ account: paymentsApart, asset: '$legs.asset' }),
    nonZero,
  ];
}
