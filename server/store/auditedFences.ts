import { BSON, type Db, type Document } from 'mongodb';
import type { Violation } from '../domain/invariants/violation.ts';
import { claimsIndex, transitionCollection, transitionValidator } from './transitionSchema.ts';

/** Claims held twice that are named; whoever has more has lost the index long ago. */
const namedClaims = 100;
/** As much of a definition as a line of a report carries. */
const shownLength = 120;

const violation = (invariant: 'I4' | 'I5', record: string, detail: string): Violation => ({
  invariant,
  record,
  detail,
});

/**
 * While the unique index over claims stands as a server would build it, the database itself keeps I5 at every insert and no claim can be
 * held twice: that is the whole check, whatever the size of the log. Only without it every claim has to be grouped, on the database's disk.
 */
export async function brokenFences(database: Db): Promise<readonly Violation[]> {
  const [collection] = await database.listCollections({ name: transitionCollection }).toArray();
  if (collection === undefined) return [violation('I4', transitionCollection, 'there is no such collection')];
  const options: Document = 'options' in collection ? (collection.options ?? {}) : {};
  const rules = rulesProblem(options);
  const found = rules === null ? [] : [violation('I4', transitionCollection, rules)];
  const index = indexProblem(await database.collection(transitionCollection).listIndexes().toArray());
  if (index === null) return found;
  const lost = `${index}: a fact could be used twice`;
  return [...found, violation('I5', transitionCollection, lost), ...(await claimsHeldTwice(database))];
}

/** What lets the database take documents that a server's own validator would refuse, or null. */
function rulesProblem({ validator, validationAction = 'error', validationLevel = 'strict' }: Document): string | null {
  if (validator === undefined || validationAction !== 'error' || validationLevel !== 'strict')
    return 'its validator is off: unbalanced legs could be inserted';
  const difference = firstDifference(transitionValidator, validator);
  return difference === null ? null : `its validator is not that of this version: ${difference}`;
}

/** What an index lets in that a server's own would refuse, or null; whatever more is set in it could make it no fence. */
function indexProblem(indexes: readonly Document[]): string | null {
  const { name, ...wanted } = claimsIndex;
  const index = indexes.find((one) => one.name === name) ?? indexes.find((one) => 'claims' in (one.key ?? {}));
  if (index === undefined) return `the unique index ${name} is missing`;
  const { v: _version, name: called, ...found } = index;
  const difference = firstDifference(wanted, found);
  return difference === null ? null : `the unique index ${called} is not that of this version: ${difference}`;
}

/** The first place where a definition in the database is not the one that a server would make, with both sides of it. */
const firstDifference = (wanted: Document, found: Document) =>
  differenceAt(BSON.EJSON.serialize(wanted), BSON.EJSON.serialize(found), '');

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const shown = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, shownLength));

function differenceAt(wanted: unknown, found: unknown, path: string): string | null {
  if (!isObject(wanted) || !isObject(found) || Array.isArray(wanted) !== Array.isArray(found))
    return wanted === found ? null : `${path} is ${shown(found)}, should be ${shown(wanted)}`;
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    const difference = differenceAt(wanted[name], found[name], path === '' ? name : `${path}.${name}`);
    if (difference !== null) return difference;
  }
  return null;
}

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
