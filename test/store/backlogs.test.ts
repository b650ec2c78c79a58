import { expect } from 'chai';
import { buildTransition } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

describe('backlogs', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());

  it('count what the relay has not done and since when, no further than asked', async () => {
    const { backlogs, transitions, relay } = opened.store;
    expect(await backlogs.relay(10)).to.deep.equal({ count: 0, oldestMs: null });
    const steps = [30, 10, 20].map((atMs) => buildTransition({ atMs }));
    await transitions.append(steps);
    expect(await backlogs.relay(10)).to.deep.equal({ count: 3, oldestMs: 10 });
    expect((await backlogs.relay(2)).count).to.equal(2);
    for (const leased of await relay.lease(0, 1_000, 9)) await relay.done(leased);
    expect(await backlogs.relay(10)).to.deep.equal({ count: 0, oldestMs: null });
  });

  it('know the oldest of what the relay has not done wherever it stands, and of a part when the whole takes too long', async () => {
    const { backlogs, transitions, relay } = opened.store;
    // The search goes by id, which says when a payment began and not when its step was made.
    const steps = ['a', 'b', 'c'].map((id, n) => buildTransition({ paymentId: id.repeat(24), atMs: 30 - 10 * n }));
    await transitions.append(steps);
    expect(await backlogs.relay(2)).to.deep.equal({ count: 2, oldestMs: 10 });
    const tooLong = { mode: { skip: 1 }, data: { failCommands: ['aggregate'], errorCode: 50 } };
    const known = await opened.failing(tooLong, () => backlogs.relay(2));
    expect(known, 'at least that long').to.deep.equal({ count: 2, oldestMs: 20 });
    for (const leased of await relay.lease(0, 1_000, 9)) await relay.done(leased);
  });

  it('count the rows that are due by their kind, and not those whose time has not come', async () => {
    const { backlogs, dueWork } = opened.store;
    await dueWork.schedule('verify', 'one', 100);
    await dueWork.schedule('verify', 'two', 200);
    await dueWork.schedule('verify', 'three', 300);
    await dueWork.schedule('reconcile', 'nightly', 150);
    const due = await backlogs.dueWork(200, 10);
    expect(due.filter(({ count }) => count > 0)).to.deep.equal([
      { kind: 'verify', count: 2, oldestMs: 100 },
      { kind: 'reconcile', count: 1, oldestMs: 150 },
    ]);
    expect((await backlogs.dueWork(300, 1)).find(({ kind }) => kind === 'verify')?.count).to.equal(1);
  });
});
