import { expect } from 'chai';
import type { Document } from 'mongodb';
import { brokenFences } from '../../server/store/auditedFences.ts';
import { ensureTransitionSchema, transitionCollection } from '../../server/store/transitionSchema.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const partialFilterExpression = { 'claims.0': { $exists: true } };

describe('the fences of payment_transitions', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());

  const log = () => opened.database.collection(transitionCollection);
  const found = async () =>
    (await brokenFences(opened.database)).map(({ invariant, detail }) => `${invariant} ${detail}`);

  /** What is found while the collection's rules are others; a server's start puts them back. */
  async function whileRuled(change: (rules: Document) => Document): Promise<string[]> {
    const [collection] = await opened.database.listCollections({ name: transitionCollection }).toArray();
    const { options }: Document = collection ?? {};
    await opened.database.command({ collMod: transitionCollection, ...change(options) });
    const violations = await found();
    await opened.database.command({
      collMod: transitionCollection,
      validationAction: 'error',
      validationLevel: 'strict',
    });
    await ensureTransitionSchema(opened.database);
    return violations;
  }

  /** What is found while another index, or none, stands in the place of the unique one. */
  async function whileIndexed(options: ({ readonly name: string } & Document) | null): Promise<string[]> {
    await log().dropIndex('claims_unique');
    if (options !== null) await log().createIndex({ claims: 1 }, options);
    const violations = await found();
    if (options !== null) await log().dropIndex(options.name);
    await ensureTransitionSchema(opened.database);
    return violations;
  }

  it('stand as a server makes them, also when it starts again', async () => {
    expect(await found()).to.deep.equal([]);
    await ensureTransitionSchema(opened.database);
    expect(await found()).to.deep.equal([]);
  });

  it('are named when the validator is off, or lets through what a server would refuse', async () => {
    const off = 'I4 its validator is off: unbalanced legs could be inserted';
    expect(await whileRuled(() => ({ validationAction: 'warn' }))).to.deep.equal([off]);
    expect(await whileRuled(() => ({ validationLevel: 'off' }))).to.deep.equal([off]);
    const looser = await whileRuled(({ validator }) => ({ validator: { $and: [validator.$and[0]] } }));
    expect(looser.join()).to.match(
      /^I4 its validator is not that of this version: \$and\.1 is nothing, should be \{"\$expr"/,
    );
    const more = await whileRuled(({ validator }) => {
      validator.$and[0].$jsonSchema.properties.claims.maxItems = 65;
      return { validator };
    });
    expect(more.join()).to.match(/properties\.claims\.maxItems is 65, should be 64$/);
    expect(await found()).to.deep.equal([]);
  });

  it('are named when the unique index is missing, or covers less than every claim', async () => {
    const lost = 'a fact could be used twice';
    expect(await whileIndexed(null)).to.deep.equal([`I5 the unique index claims_unique is missing: ${lost}`]);
    const narrow = { partialFilterExpression: { ...partialFilterExpression, p: 'nobody' } };
    const other = 'the unique index claims_unique is not that of this version';
    expect(await whileIndexed({ name: 'claims_unique', unique: true, ...narrow })).to.deep.equal([
      `I5 ${other}: partialFilterExpression.p is "nobody", should be nothing: ${lost}`,
    ]);
    expect(await whileIndexed({ name: 'claims_unique', partialFilterExpression })).to.deep.equal([
      `I5 ${other}: unique is nothing, should be true: ${lost}`,
    ]);
    expect(await found()).to.deep.equal([]);
  });
});
