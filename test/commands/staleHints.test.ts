import { expect } from 'chai';
import { type Collection, Decimal128, type Document } from 'mongodb';
import { arrivalKey } from '../../server/domain/claim.ts';
import type { Signal } from '../../server/domain/signal.ts';
import { atOnce, coordinatorOver } from '../support/coordinator.ts';
import { buildIntentSignal, buildTransfer, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const actor = { actor: 'stale' };

describe('a decision whose hint is old or wrong', () => {
  let opened: TestStore;
  let payments: Collection<Document & { _id: string }>;
  before(async () => {
    opened = await openTestStore();
    payments = opened.database.collection('payments');
  });
  after(() => opened.close());

  /** A process that remembers nothing, so that it has to go by the copy. */
  const start = () => coordinatorOver(opened.store, atOnce);
  const observe = (paymentId: string, signal: Signal, process = start()) => process.observe(paymentId, signal, actor);
  const history = async (paymentId: string) => {
    const length = (await opened.store.transitions.tail(paymentId))?.seq ?? 0;
    return Promise.all(Array.from({ length }, (_, n) => opened.store.transitions.at(paymentId, n + 1)));
  };
  /** A payment of two transitions whose copy is put back to the first. */
  async function putBack() {
    const paymentId = randomIds.payment();
    const opening = buildIntentSignal({ rail: 'web3', provider: null });
    await observe(paymentId, opening);
    await opened.store.copied();
    const old = await payments.findOne({ _id: paymentId });
    const transfer = buildTransfer(opening.intent, 40n);
    await observe(paymentId, { kind: 'transferConfirmed', transfer });
    await opened.store.copied();
    await payments.replaceOne({ _id: paymentId }, old ?? {});
    return { paymentId, ...opening.intent, transfer };
  }

  it('appends after the true tail when the copy was put back, because the fence refuses its number', async () => {
    const { paymentId, vault } = await putBack();
    const transfer = buildTransfer({ vault }, 60n);
    expect(await observe(paymentId, { kind: 'transferConfirmed', transfer })).to.deep.include({ seq: 3 });
    const [first, second, third] = await history(paymentId);
    expect([second?.prev, third?.prev]).to.deep.equal([first?.hash, second?.hash]);
    expect(third?.to).to.equal('completed');
  });

  it('says "nothing new" by the log alone, and sees there what the old copy does not know', async () => {
    const { paymentId, transfer } = await putBack();
    const again = await observe(paymentId, { kind: 'transferConfirmed', transfer });
    expect(again).to.deep.include({ outcome: 'noChange', seq: 2 });
    const orphaned = await observe(paymentId, { kind: 'transferOrphaned', arrivalKey: arrivalKey(transfer), epoch: 0 });
    expect(orphaned).to.deep.include({ outcome: 'changed', seq: 3 });
  });

  it('does not believe a copy whose state is not the one that was hashed into the log', async () => {
    const paymentId = randomIds.payment();
    const opening = buildIntentSignal({ rail: 'web3', provider: null });
    await observe(paymentId, opening);
    await opened.store.copied();
    await payments.updateOne({ _id: paymentId }, { $set: { 'state.riskHold': true, 'state.buyerId': 'thief' } });
    await observe(paymentId, { kind: 'transferConfirmed', transfer: buildTransfer(opening.intent, 100n) });
    const [, second] = await history(paymentId);
    expect(second?.state).to.deep.include({ riskHold: false, buyerId: opening.intent.buyerId });
  });

  it('does not believe a copy with another number, link or payment, or one that cannot be read', async () => {
    const edits: Document[] = [
      { version: 7 },
      { version: '1' },
      { version: 1.5 },
      { hash: 'f'.repeat(64) },
      { 'state.price': Decimal128.fromString('5.00') },
    ];
    for (const edit of edits) {
      const paymentId = randomIds.payment();
      const opening = buildIntentSignal({ rail: 'web3', provider: null });
      await observe(paymentId, opening);
      await opened.store.copied();
      await payments.updateOne({ _id: paymentId }, { $set: edit });
      const transfer = buildTransfer(opening.intent, 100n);
      expect(await observe(paymentId, { kind: 'transferConfirmed', transfer })).to.deep.include({ seq: 2 });
      const [first, second] = await history(paymentId);
      expect(second?.prev, JSON.stringify(edit)).to.equal(first?.hash);
    }
  });

  it('does not take the copy of one payment for that of another', async () => {
    const { paymentId } = await putBack();
    const other = randomIds.payment();
    const opening = buildIntentSignal({ rail: 'web3', provider: null });
    await observe(other, opening);
    await opened.store.copied();
    const { _id, ...row } = (await payments.findOne({ _id: paymentId })) ?? { _id: '' };
    await payments.replaceOne({ _id: other }, row);
    expect(await observe(other, { kind: 'cancelRequested' })).to.deep.include({ outcome: 'changed', seq: 2 });
    expect((await history(other)).at(-1)?.state).to.deep.include({ vault: opening.intent.vault });
  });

  it('does without the copy of an older version, and without one that is missing', async () => {
    const { paymentId, vault } = await putBack();
    await payments.updateOne({ _id: paymentId }, { $unset: { hash: 1 } });
    const seen = { kind: 'transferConfirmed', transfer: buildTransfer({ vault }, 1n) } as const;
    expect(await observe(paymentId, seen)).to.deep.include({ outcome: 'changed', seq: 3 });
    await opened.store.copied();
    await payments.deleteOne({ _id: paymentId });
    const more = { kind: 'transferConfirmed', transfer: buildTransfer({ vault }, 2n) } as const;
    expect(await observe(paymentId, more)).to.deep.include({ outcome: 'changed', seq: 4 });
  });

  it('notices that another process has changed what it remembers', async () => {
    const paymentId = randomIds.payment();
    const opening = buildIntentSignal({ rail: 'web3', provider: null });
    const [mine, other] = [start(), start()];
    await observe(paymentId, opening, mine);
    const transfer = buildTransfer(opening.intent, 40n);
    await observe(paymentId, { kind: 'transferConfirmed', transfer }, other);
    expect(await observe(paymentId, { kind: 'transferConfirmed', transfer }, mine)).to.deep.include({
      ...{ outcome: 'noChange', seq: 2 },
    });
  });

  it('finds a payment that is opened again by its number, although nobody looked', async () => {
    const paymentId = randomIds.payment();
    const opening = buildIntentSignal();
    await observe(paymentId, opening);
    expect(await observe(paymentId, opening)).to.deep.include({ outcome: 'noChange', seq: 1 });
  });
});
