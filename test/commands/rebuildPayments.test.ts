import { expect } from 'chai';
import type { Collection, Document } from 'mongodb';
import { createRebuildPayments } from '../../server/commands/rebuildPayments.ts';
import type { PaymentRows } from '../../server/ports/rebuild.ts';
import { createAuditedBooks } from '../../server/store/auditedBooks.ts';
import { createPaymentRows } from '../../server/store/paymentRows.ts';
import { atOnce, coordinatorOver } from '../support/coordinator.ts';
import { buildIntentSignal, buildTransfer, createTestLogger, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const actor = { actor: 'rebuild' };
const nothingLeft = { ahead: 0, broken: 0, withoutHistory: 0 };
const nothingWritten = { missing: 0, behind: 0, differing: 0, ahead: 0 };

describe('the rebuild of payments from the log', function () {
  this.timeout(20_000);
  let opened: TestStore;
  let payments: Collection<Document & { _id: string }>;
  let log: Collection<Document & { _id: string }>;
  let rows: PaymentRows;
  const { logger } = createTestLogger();

  before(async () => {
    opened = await openTestStore();
    payments = opened.database.collection('payments');
    log = opened.database.collection('payment_transitions');
    rows = createPaymentRows(opened.database);
  });
  beforeEach(async () => {
    for (const collection of [payments, log]) await collection.deleteMany({});
  });
  after(() => opened.close());

  const coordinator = () => coordinatorOver(opened.store, { logger, ...atOnce });
  const rebuild = (options: { force?: boolean } = {}, through = rows) =>
    createRebuildPayments({ rows: through, books: createAuditedBooks(opened.database), logger })(options);
  const all = async () => payments.find({}, { sort: { _id: 1 } }).toArray();

  /** Payments of one to four transitions, some with names at the provider. */
  async function live(count: number): Promise<string[]> {
    const process = coordinator();
    const ids = Array.from({ length: count }, () => randomIds.payment());
    for (const [n, id] of ids.entries()) {
      const opening = buildIntentSignal(n % 2 === 0 ? { rail: 'web3', provider: null } : {});
      await process.observe(id, opening, actor);
      for (let step = 0; step < n % 4; step += 1)
        await process.observe(id, { kind: 'transferConfirmed', transfer: buildTransfer(opening.intent, 30n) }, actor);
    }
    await opened.store.copied();
    return ids;
  }

  it('brings back every row of a collection that was wiped, as it was', async () => {
    await live(9);
    const before = await all();
    expect(before).to.have.length(9);
    await payments.deleteMany({});
    const report = await rebuild();
    expect(report).to.deep.include({ logs: 9, same: 0, written: { ...nothingWritten, missing: 9 }, left: nothingLeft });
    expect(await all()).to.deep.equal(before);
    expect(await rebuild()).to.deep.include({ logs: 9, same: 9, written: nothingWritten, left: nothingLeft });
    expect(await all()).to.deep.equal(before);
  });

  it('writes edited and old rows anew, to the field', async () => {
    const [one = '', two = '', three = '', four = ''] = await live(4);
    const before = await all();
    await payments.updateOne({ _id: one }, { $set: { buyerId: 'thief', stray: 1 } });
    await payments.updateOne({ _id: two }, { $set: { externalIds: ['AMN_of_another'] } });
    await payments.updateOne({ _id: three }, { $unset: { version: '' } });
    await payments.updateOne({ _id: four }, { $set: { version: 2, status: 'failed' } });
    expect(await rebuild()).to.deep.include({ same: 0, written: { ...nothingWritten, behind: 1, differing: 3 } });
    expect(await all()).to.deep.equal(before);
  });

  it('lets a row that is ahead of its log stand and names it, unless it is told to force it', async () => {
    const [, , , id = ''] = await live(4);
    const before = await all();
    const last = await log.findOne({ _id: `${id}:000004` });
    await log.deleteOne({ _id: `${id}:000004` });
    const report = await rebuild();
    expect(report).to.deep.include({ same: 3, written: nothingWritten, left: { ...nothingLeft, ahead: 1 } });
    expect(report.ahead).to.deep.equal([{ paymentId: id, version: '4', seq: 3 }]);
    expect(await all()).to.deep.equal(before);
    expect(await rebuild({ force: true })).to.deep.include({
      ...{ same: 3, written: { ...nothingWritten, ahead: 1 }, left: nothingLeft },
    });
    expect((await payments.findOne({ _id: id }))?.version).to.equal(3);
    await log.insertOne(last ?? { _id: '' });
    await rebuild();
    expect(await all()).to.deep.equal(before);
  });

  it('makes no row of a history that was written into, and names rows that have none', async () => {
    const [one = '', two = '', three = '', four = ''] = await live(8).then((ids) => ids.slice(3));
    const before = await all();
    const unchecked = { bypassDocumentValidation: true };
    await log.deleteOne({ _id: `${one}:000002` });
    await log.updateOne({ _id: `${three}:000002` }, { $set: { 'state.buyerId': 'thief' } }, unchecked);
    await log.deleteMany({ p: two });
    const report = await rebuild({ force: true });
    expect(report.broken.map(({ paymentId, problem }) => `${paymentId} ${problem}`)).to.have.members([
      `${one} step 2 is missing, or is no step of this log`,
      `${three} the hash of ${three}:000002 is not that of its content`,
    ]);
    expect(report.withoutHistory).to.deep.equal([two]);
    expect(report).to.deep.include({ written: nothingWritten, left: { ahead: 0, broken: 2, withoutHistory: 1 } });
    expect((await all()).map(({ _id }) => _id)).to.include(four);
    expect(await all()).to.deep.equal(before);
  });

  it('lets nothing be decided by sums over rows that may be missing, from its beginning until one comes to its end', async () => {
    await live(4);
    await payments.deleteMany({});
    const { queries } = opened.store;
    const codeOf = (answer: Promise<unknown>) =>
      answer.then(
        () => 'answered',
        ({ code }: { code: string }) => code,
      );
    const answers = () =>
      Promise.all([codeOf(queries.inProviderCustody('bsc:USDT')), codeOf(queries.arrivalsAbove(56, 0, 10))]);
    expect(await answers()).to.deep.equal(['answered', 'answered']);
    const seen: string[][] = [];
    const died: PaymentRows = {
      ...rows,
      async write() {
        seen.push(await answers());
        throw new Error('the operator’s machine went to sleep');
      },
    };
    await rebuild({}, died).catch(() => undefined);
    expect(seen).to.deep.equal([['busy', 'busy']]);
    expect(await answers(), 'the rows are still missing').to.deep.equal(['busy', 'busy']);
    expect(await rebuild()).to.deep.include({ left: nothingLeft });
    expect(await answers()).to.deep.equal(['answered', 'answered']);
  });

  it('loses nothing that servers write meanwhile: a newer row stands, and one that comes in between', async () => {
    const ids = await live(8);
    const process = coordinator();
    await payments.deleteMany({ _id: { $in: ids.slice(4) } });
    await payments.updateMany({}, { $set: { buyerId: 'thief' } });
    let turns = 0;
    /** Between the look at a row and its writing every payment changes once. */
    const racing: PaymentRows = {
      ...rows,
      async rows(ends) {
        const found = await rows.rows(ends);
        turns += 1;
        if (turns > 1) return found;
        for (const id of ids) await process.observe(id, { kind: 'hintGiven', hint: `0x${id}` }, actor);
        await opened.store.copied();
        return found;
      },
    };
    const report = await rebuild({}, racing);
    expect(report).to.deep.include({ logs: 8, left: nothingLeft });
    expect(await rebuild()).to.deep.include({ logs: 8, left: nothingLeft, same: 8 });
    for (const row of await all()) {
      const tail = await opened.store.transitions.tail(row._id);
      expect([row.version, row.stateHash]).to.deep.equal([tail?.seq, tail?.stateHash]);
    }
  });
});
