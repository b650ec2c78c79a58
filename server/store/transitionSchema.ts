import { BSON, type Collection, type Db, Decimal128, type Document } from 'mongodb';

/** The collection that is the source of truth of every payment; `payments` is rebuilt from it by `npm run rebuild`. */
export const transitionCollection = 'payment_transitions';

/** The names by which a duplicate key is told apart. */
export const transitionIndexes = {
  claims: 'claims_unique',
  undone: 'relay_undone',
  accounts: 'leg_accounts',
  slot: 'slot_claim',
} as const;

const text = { bsonType: 'string' };
const whole = { bsonType: ['int', 'long', 'double'] };
const legAmount = {
  bsonType: 'decimal',
  minimum: Decimal128.fromString('-1E30'),
  maximum: Decimal128.fromString('1E30'),
};

/**
 * Which rules these are, as the database keeps them: raised with every change, so that a version that starts again while a newer one is being
 * rolled out does not put its own rules back.
 */
const rulesVersion = 1;
const titleOf = (version: number) => `transition rules ${version}`;

const documentSchema = {
  title: titleOf(rulesVersion),
  bsonType: 'object',
  required: ['_id', 'p', 'seq', 'to', 'kind', 'claims', 'legs', 'effects', 'state', 'hash', 'attempt', 'relay'],
  properties: {
    _id: text,
    p: text,
    seq: { ...whole, minimum: 1 },
    to: text,
    kind: text,
    claims: { bsonType: 'array', maxItems: 64, items: text },
    legs: {
      bsonType: 'array',
      maxItems: 64,
      items: {
        bsonType: 'object',
        required: ['account', 'asset', 'amount'],
        additionalProperties: false,
        properties: { account: text, asset: text, amount: legAmount },
      },
    },
    effects: { bsonType: 'array', maxItems: 64 },
    state: { bsonType: 'object' },
    hash: text,
    attempt: text,
    relay: { bsonType: 'object', required: ['done', 'lease', 'fence'] },
  },
};

const zeroSum = { $eq: [{ $sum: '$legs.amount' }, Decimal128.fromString('0')] };
const oneAsset = { $lte: [{ $size: { $setUnion: ['$legs.asset', []] } }, 1] };
const wholeUnits = {
  $allElementsTrue: {
    $map: { input: '$legs.amount', as: 'amount', in: { $eq: ['$$amount', { $trunc: '$$amount' }] } },
  },
};

/**
 * The database refuses books that do not balance. Zero sum alone lets strings, doubles, mixed assets and roundings through,
 * so type, bounds, one asset and whole units are demanded as well. The expressions stand behind the shape:
 * a document of the wrong shape must be refused with 121, not fail inside an expression.
 */
export const transitionValidator: Document = {
  $and: [{ $jsonSchema: documentSchema }, { $expr: { $and: [zeroSum, oneAsset, wholeUnits] } }],
};

const rules = { validator: transitionValidator, validationLevel: 'strict', validationAction: 'error' } as const;

/** Creates the collection, its validator and its indexes; repeatable, also by several processes at once. */
export async function ensureTransitionSchema(database: Db): Promise<void> {
  try {
    await database.createCollection(transitionCollection, rules);
  } catch (error) {
    if (!isNamespaceExists(error)) throw error;
    await ensureRules(database);
  }
  await ensureIndexes(database.collection(transitionCollection));
}

/** Puts the rules of this version in place of older or edited ones; those of a newer version stay. */
async function ensureRules(database: Db): Promise<void> {
  const [found] = await database.listCollections({ name: transitionCollection }).toArray();
  const options: Document = (found && 'options' in found && found.options) || {};
  const [, version] = /^transition rules (\d+)$/.exec(titleIn(options.validator)) ?? [];
  if (Number(version ?? 0) > rulesVersion || isSame(options)) return;
  await database.command({ collMod: transitionCollection, ...rules });
}

const titleIn = (validator: Document | undefined) => String(validator?.$and?.[0]?.$jsonSchema?.title);
const isSame = ({ validator, validationLevel, validationAction }: Document) =>
  BSON.EJSON.stringify({ validator, validationLevel, validationAction }) === BSON.EJSON.stringify(rules);

/** The fence that makes each fact count once. Never sparse: a sparse index would refuse the second empty list of claims. */
export const claimsIndex = {
  key: { claims: 1 },
  name: transitionIndexes.claims,
  unique: true,
  partialFilterExpression: { 'claims.0': { $exists: true } },
} as const;

async function ensureIndexes(collection: Collection): Promise<void> {
  await collection.createIndexes([
    claimsIndex,
    {
      key: { 'relay.done': 1, _id: 1 },
      name: transitionIndexes.undone,
      partialFilterExpression: { 'relay.done': false },
    },
    { key: { 'legs.account': 1, 'legs.asset': 1, _id: 1 }, name: transitionIndexes.accounts },
    { key: { slot: 1 }, name: transitionIndexes.slot, partialFilterExpression: { slot: { $exists: true } } },
  ]);
}

/** The server's code for "a collection with this name exists". */
const namespaceExists = 48;
const isNamespaceExists = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === namespaceExists;
