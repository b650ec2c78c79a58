import { expect } from 'chai';
import type { Collection, Document } from 'mongodb';
import { AppError, NewerVersionError } from '../../server/errors.ts';
import { createStore } from '../../server/store/createStore.ts';
import { toDocument } from '../../server/store/transitionDocument.ts';
import { atOnce, coordinatorOver } from '../support/coordinator.ts';
import { buildIntentSignal, buildState, buildTransfer, buildTransition, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

/** What a newer version may write that this one does not know, each by itself. */
const news: readonly [string, Document][] = [
  ['a kind', { kind: 'giftSent' }],
  ['a format', { format: 2 }],
  ['a status', { 'state.status': 'paused' }],
  ['a flag', { 'state.flags': ['overpaid', 'gifted'] }],
  ['a direction', { 'state.direction': 'sideways' }],
];

type Row = Document & { _id: string };

describe('what a newer version of the server wrote', () => {
  let opened: TestStore;
  let log: Collection<Row>;
  let payments: Collection<Row>;
  before(async () => {
    opened = await openTestStore();
    log = opened.database.collection('payment_transitions');
    payments = opened.database.collection('payments');
  });
  after(() => opened.close());
  beforeEach(() => log.updateMany({}, { $set: { 'relay.done': true } }));

  /** A process that remembers nothing. */
  const process = () => coordinatorOver(opened.store, atOnce);
  /** A payment that this version opened and a newer one changed. */
  async function changed(words: Document, here = process()) {
    const paymentId = randomIds.payment();
    const opening = buildIntentSignal({ rail: 'web3', provider: null });
    await here.observe(paymentId, opening, { actor: 'test' });
    await opened.store.copied();
    const first = await opened.store.transitions.tail(paymentId);
    const next = buildTransition({ paymentId, seq: 2, prev: first?.hash ?? '', state: buildState({ id: paymentId }) });
    await log.insertOne({ ...toDocument(next) });
    await log.updateOne({ _id: next.id }, { $set: words });
    return { paymentId, next, transfer: buildTransfer(opening.intent, 40n) };
  }
  const thrown = (work: Promise<unknown>) => work.then(() => null).catch((error: unknown) => error);
  const seqs = (paymentId: string) => log.distinct('seq', { p: paymentId });

  for (const [what, words] of news) {
    it(`is read as nothing else when it has ${what} that this version does not know`, async () => {
      const { paymentId, next } = await changed(words);
      const { transitions } = opened.store;
      expect(await thrown(transitions.tail(paymentId))).to.be.instanceOf(NewerVersionError);
      expect(await thrown(transitions.at(paymentId, 2))).to.be.instanceOf(NewerVersionError);
      expect(await thrown(transitions.after(paymentId, 1, 9))).to.be.instanceOf(NewerVersionError);
      expect((await transitions.at(paymentId, 1))?.kind, 'what is older stays readable').to.equal('intentOpened');
      await transitions.project(next);
      await payments.updateOne({ _id: paymentId }, { $set: words });
      expect(await opened.store.hints.hint(paymentId)).to.equal(null);
      expect(await thrown(opened.store.queries.payment(paymentId, null))).to.be.instanceOf(NewerVersionError);
    });

    it(`is not decided on when it has ${what} that this version does not know, whatever a process remembers or a copy says`, async () => {
      const here = process();
      const { paymentId, transfer } = await changed(words, here);
      const row = await payments.findOne({ _id: paymentId });
      for (const who of [here, process()]) {
        const refusal = await thrown(
          who.observe(paymentId, { kind: 'transferConfirmed', transfer }, { actor: 'test' }),
        );
        expect(refusal).to.be.instanceOf(AppError).and.have.property('code', 'busy');
        expect(refusal).to.be.instanceOf(NewerVersionError);
        expect(String(refusal), 'it says of what').to.include(`${paymentId}:000002`);
      }
      expect(await seqs(paymentId)).to.deep.equal([1, 2]);
      expect(await payments.findOne({ _id: paymentId }), 'nothing is copied over it').to.deep.equal(row);
    });

    it(`is left to the newer version's relay, untouched, when it has ${what} that this version does not know`, async () => {
      const { paymentId } = await changed(words);
      await log.updateOne({ _id: `${paymentId}:000001` }, { $set: { 'relay.done': true } });
      const other = buildTransition();
      await opened.store.transitions.append([other]);
      const leased = await opened.store.relay.lease(1, 5_000, 2);
      expect(leased.map(({ transition }) => transition.id)).to.deep.equal([other.id]);
      const relay = (await log.findOne({ _id: `${paymentId}:000002` }))?.relay;
      expect(relay).to.deep.equal({ done: false, lease: 0, fence: 0, parked: [] });
    });
  }

  it('is counted in lists and left out of them, and holds the look for lost credits at its own', async () => {
    const buyerId = randomIds.payment();
    const rows = [buildState({ buyerId }), buildState({ buyerId })].map((state) => buildTransition({ state }));
    for (const row of rows) await opened.store.transitions.project(row);
    const [newer, known] = rows.map(({ paymentId }) => paymentId);
    const block = { chainId: 88, blockNumber: 7 };
    await payments.updateOne({ _id: newer ?? '' }, { $set: { kind: 'giftSent', arrivalBlocks: [block] } });
    const wanted = { limit: 10, offset: 0, after: null, order: 'newestFirst' } as const;
    const { items, total } = await opened.store.queries.payments({ buyerId }, wanted);
    expect([total, items.map(({ state }) => state.id)]).to.deep.equal([2, [known]]);
    expect(await opened.store.queries.arrivalsAbove(88, 6, 10)).to.deep.equal([
      { paymentId: newer, state: null, arrivalBlocks: [block] },
    ]);
  });

  it('is no reason to stumble over a row that somebody emptied: the log is asked', async () => {
    const { paymentId } = await changed({ kind: 'hintGiven' });
    await payments.updateOne({ _id: paymentId }, { $unset: { state: 1 } });
    expect(await opened.store.hints.hint(paymentId)).to.equal(null);
  });

  it('goes on when what this version knows follows: a transition holds the whole state', async () => {
    const { paymentId, transfer } = await changed({ kind: 'giftSent' });
    const state = buildState({ id: paymentId, vault: transfer.receiver });
    await opened.store.transitions.append([buildTransition({ paymentId, seq: 3, state })]);
    const signal = { kind: 'transferConfirmed', transfer } as const;
    expect(await process().observe(paymentId, signal, { actor: 'test' })).to.deep.include({ seq: 4 });
  });

  it('with an effect of an unknown type is decided on, while the relay leaves it and all that follows in its payment', async () => {
    const effects = [{ type: 'sendGift' } as never];
    const gift = buildTransition({ effects });
    const later = buildTransition({
      paymentId: gift.paymentId,
      seq: 2,
      prev: gift.hash,
      effects: [{ type: 'verify' }],
    });
    await opened.store.transitions.append([gift]);
    await opened.store.transitions.append([later]);
    expect(await opened.store.relay.lease(1, 5_000, 1)).to.deep.equal([]);
    expect((await opened.store.transitions.tail(gift.paymentId))?.seq).to.equal(2);
    expect(await log.distinct('relay.fence', { p: gift.paymentId })).to.deep.equal([0]);
  });

  describe('as rules of the collection', () => {
    const rules = async () => {
      const [found] = await opened.database.listCollections({ name: 'payment_transitions' }).toArray();
      return (found as unknown as { options: { validator: { $and: Document[] } } }).options.validator;
    };
    const put = (validator: Document) => opened.database.command({ collMod: 'payment_transitions', validator });
    const start = async () => (await createStore({ uri: opened.uri, appName: 'started-again' })).close();
    let own: Awaited<ReturnType<typeof rules>>;
    before(async () => {
      own = await rules();
    });
    after(() => put(own));
    const titled = (title: string) => {
      const [shape, books] = own.$and;
      return { $and: [{ $jsonSchema: { ...shape?.$jsonSchema, title, maxProperties: 40 } }, books] };
    };

    it('stay when this version starts again beside it', async () => {
      const newer = titled('transition rules 2');
      await put(newer);
      await start();
      expect(await rules()).to.deep.equal(newer);
    });

    for (const [what, validator] of [
      ['older', () => titled('transition rules 0')],
      ['edited', () => titled('transition rules 1')],
      ['missing', () => ({})],
    ] as const) {
      it(`give way to those of this version when they are ${what}`, async () => {
        await put(validator());
        await start();
        expect(await rules()).to.deep.equal(own);
      });
    }
  });
});
