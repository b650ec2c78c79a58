import type { Db, Document } from 'mongodb';
import type { Violation } from '../domain/invariants/violation.ts';
import { transitionCollection, transitionIndexes } from './transitionSchema.ts';

/** Claims held twice that are named; whoever has more has lost the index long ago. */
const namedClaims = 100;

const violation = (invariant: 'I4' | 'I5', record: string, detail: string): Violation => ({
  invariant,
  record,
  detail,
});

/**
 * While the unique index over claims stands, the database itself keeps I5 at every insert and no claim can be held twice: that it stands
 * is the whole check, whatever the size of the log. Only without it every claim has to be grouped, on the database's disk.
 */
export async function brokenFences(database: Db): Promise<readonly Violation[]> {
  const [collection] = await database.listCollections({ name: transitionCollection }).toArray();
  if (collection === undefined) return [violation('I4', transitionCollection, 'there is no such collection')];
  const found: Violation[] = [];
  const options: Document = 'options' in collection ? (collection.options ?? {}) : {};
  const { validator, validationAction = 'error', validationLevel = 'strict' } = options;
  if (validator === undefined || validationAction !== 'error' || validationLevel !== 'strict')
    found.push(violation('I4', transitionCollection, 'its validator is off: unbalanced legs could be inserted'));
  const indexes = await database.collection(transitionCollection).listIndexes().toArray();
  if (indexes.some(isClaimsFence)) return found;
  const lost = `the unique index ${transitionIndexes.claims} is missing: a fact could be used twice`;
  return [...found, violation('I5', transitionCollection, lost), ...(await claimsHeldTwice(database))];
}

const isClaimsFence = ({ key, unique, partialFilterExpression, sparse, prepareUnique }: Document) =>
  unique === true &&
  sparse !== true &&
  prepareUnique !== true &&
  JSON.stringify(key) === '{"claims":1}' &&
  JSON.stringify(partialFilterExpression) === '{"claims.0":{"$exists":true}}';

async function claimsHeldTwice(database: Db): Promise<Violation[]> {
  const groups = await database
    .collection(transitionCollection)
    .aggregate(
      [
        { $project: { claims: 1 } },
        { $unwind: '$claims' },
        { $group: { _id: '$claims', count: { $sum: 1 }, first: { $min: '$_id' }, last: { $max: '$_id' } } },
        { $match: { count: { $gt: 1 } } },
        { $limit: namedClaims },
      ],
      { allowDiskUse: true },
    )
    .toArray();
  return groups.map(({ _id, count, first, last }) =>
    violation('I5', String(_id), `held ${count} times, among others by ${first} and ${last}`),
  );
}
