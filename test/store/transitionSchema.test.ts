import { expect } from 'chai';
import { Decimal128, type Document, Double, MongoServerError } from 'mongodb';
import { createStore } from '../../server/store/createStore.ts';
import { toDocument } from '../../server/store/transitionDocument.ts';
import { buildLegs, buildTransition, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

describe('the collection payment_transitions', () => {
  let opened: TestStore;
  const log = () => opened.database.collection<Document & { _id: string }>('payment_transitions');
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());

  const decimal = (text: string) => Decimal128.fromString(text);
  const leg = (amount: unknown, asset = 'bsc:USDT') => ({ account: 'buyer:b', asset, amount });
  const documentWith = (legs: unknown) => ({
    ...toDocument(buildTransition()),
    legs,
  });
  const insert = async (document: Document & { _id: string }) => {
    try {
      await log().insertOne(document);
      return 'accepted';
    } catch (error) {
      if (error instanceof MongoServerError) return error.code;
      throw error;
    }
  };

  const refused: readonly [string, unknown][] = [
    ['unbalanced legs', [leg(decimal('5')), leg(decimal('-4'))]],
    ['amounts as strings', [leg('5'), leg('-5')]],
    ['legs that are missing', undefined],
    ['doubles whose sum rounds to zero', [leg(new Double(0.1)), leg(new Double(0.2)), leg(new Double(-0.3))]],
    ['integers of another type', [leg(5), leg(-5)]],
    ['two assets', [leg(decimal('5')), leg(decimal('-5'), 'bsc:DAI')]],
    ['a unit lost by rounding', [leg(decimal('1E34')), leg(decimal('1')), leg(decimal('-1E34'))]],
    [
      'amounts just out of bounds',
      [leg(decimal('1000000000000000000000000000001')), leg(decimal('-1000000000000000000000000000001'))],
    ],
    ['NaN', [leg(decimal('NaN'))]],
    ['infinities', [leg(decimal('Infinity')), leg(decimal('-Infinity'))]],
    ['fractions', [leg(decimal('0.5')), leg(decimal('-0.5'))]],
    ['a leg without an account', [{ asset: 'a', amount: decimal('0') }]],
    ['legs that are no list', { account: 'a' }],
    ['more legs than stay exact', Array.from({ length: 65 }, () => leg(decimal('0')))],
  ];
  for (const [what, legs] of refused) {
    it(`refuses ${what}`, async () => {
      expect(await insert(documentWith(legs))).to.equal(121);
    });
  }

  const accepted: readonly [string, unknown][] = [
    [
      'balanced legs of 28 digits',
      [leg(decimal('1234567890123456789012345678')), leg(decimal('-1234567890123456789012345678'))],
    ],
    ['no legs at all', []],
    ['amounts at the bound', [leg(decimal('1E30')), leg(decimal('-1E30'))]],
  ];
  for (const [what, legs] of accepted) {
    it(`accepts ${what}`, async () => {
      expect(await insert(documentWith(legs))).to.equal('accepted');
    });
  }

  it('refuses an update that unbalances a stored transition', async () => {
    const document = documentWith([leg(decimal('5')), leg(decimal('-5'))]);
    await log().insertOne(document);
    const failure = await log()
      .updateOne({ _id: document._id }, { $set: { 'legs.0.amount': decimal('6') } })
      .catch((error: unknown) => error);
    expect(failure).to.have.property('code', 121);
  });

  describe('every read costs the same, whatever the size of the collection', () => {
    const store = () => opened.store;
    const paymentId = randomIds.payment();
    const append = (transitions: readonly ReturnType<typeof buildTransition>[]) =>
      store().transitions.append(transitions);

    before(async () => {
      const claimed = (n: number) => buildTransition({ claims: [`tx:many:${n}`, `slot:bsc:w:${100 + n}`] });
      await append(Array.from({ length: 60 }, (_, n) => claimed(n)));
      await append([1, 2, 3].map((seq) => buildTransition({ paymentId, seq, legs: buildLegs(paymentId, 1n) })));
      await log().updateMany({ p: { $ne: paymentId } }, { $set: { 'relay.done': true } });
    });

    it('finds a claimant by one key', async () => {
      expect(await cost(() => store().transitions.claimant('tx:many:7'))).to.deep.equal([{ keys: 1, documents: 1 }]);
    });

    it('finds a tail, and one transition, by one key', async () => {
      expect(await cost(() => store().transitions.tail(paymentId))).to.deep.equal([{ keys: 1, documents: 1 }]);
      expect(await cost(() => store().transitions.at(paymentId, 2))).to.deep.equal([{ keys: 1, documents: 1 }]);
    });

    it('finds the highest slot by one key', async () => {
      const [read] = await cost(() => store().transitions.highestClaim('slot:bsc:w:'));
      expect(read).to.deep.equal({ keys: 1, documents: 1 });
    });

    it('finds the oldest undone transition over the backlog alone', async () => {
      const [search] = await cost(() => store().relay.lease(0, 0, 1));
      expect(search).to.deep.equal({ keys: 3, documents: 3 });
    });

    it('lists claims under a prefix by those alone, and by none that have neighbours on both sides of it', async () => {
      await append([buildTransition({ claims: ['tx:many:', 'tx:many:z'] })]);
      const under = () => store().transitions.claimsUnder('tx:many:5');
      const [read] = await cost(under);
      expect(await under()).to.have.length(11);
      expect(read?.documents).to.equal(11);
      expect(read?.keys).to.be.at.most(12);
    });
  });

  it('lists no part of claims that are too many to be read at once: it says so', async () => {
    const sample = buildTransition({ claims: ['crowd:0'] });
    const document = toDocument(sample);
    const crowd = Array.from({ length: 10_001 }, (_, n) => ({
      ...document,
      _id: `crowd${n}:000001`,
      claims: [`crowd:${n}`],
    }));
    await log().insertMany(crowd.slice(1));
    expect(await opened.store.transitions.claimsUnder('crowd:')).to.have.length(10_000);
    await log().insertMany(crowd.slice(0, 1));
    const failure = await opened.store.transitions.claimsUnder('crowd:').catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(RangeError);
    await log().deleteMany({ _id: /^crowd/ });
  }).timeout(60_000);

  it('is set up by several processes at once and again later', async () => {
    const uri = new URL(opened.uri);
    uri.pathname = `${uri.pathname}_setup`;
    const stores = await Promise.all(Array.from({ length: 4 }, () => createStore({ uri: uri.toString() })));
    const again = await createStore({ uri: uri.toString() });
    const [first] = await again.transitions.append([buildTransition()]);
    expect(first?.outcome).to.equal('appended');
    await opened.database.client.db(uri.pathname.slice(1)).dropDatabase();
    await Promise.all([...stores, again].map((store) => store.close()));
  });

  /** What the server examined for each read of the log while `work` ran, by its own profiler. */
  async function cost(work: () => Promise<unknown>): Promise<{ keys: number; documents: number }[]> {
    await opened.database.command({ profile: 2 });
    const since = new Date();
    try {
      await work();
    } finally {
      await opened.database.command({ profile: 0 });
    }
    const reads = { ns: /payment_transitions$/, 'command.find': { $exists: true }, ts: { $gte: since } };
    const profiled = await opened.database.collection('system.profile').find(reads).sort({ ts: 1 }).toArray();
    return profiled.map(({ keysExamined, docsExamined }) => ({ keys: keysExamined, documents: docsExamined }));
  }
});
