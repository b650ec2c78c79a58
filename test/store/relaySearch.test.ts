import { expect } from 'chai';
import { type Db, Decimal128 } from 'mongodb';
import type { Transition } from '../../server/domain/transition.ts';
import { createRelayStore } from '../../server/store/relayStore.ts';
import { type TransitionDocument, toDocument } from '../../server/store/transitionDocument.ts';
import { buildTransition, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const now = 1_000_000;

describe('the search for what the relay may take', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());
  const log = () => opened.database.collection<TransitionDocument>('payment_transitions');
  beforeEach(() => log().deleteMany({}));

  /** One undone step each of payments whose ids follow each other from `first` on. */
  const steps = (count: number, first: number) =>
    Array.from({ length: count }, (_, n) => buildTransition({ paymentId: (first + n).toString(16).padStart(24, '0') }));
  const insert = (
    rows: readonly Transition[],
    change: (row: TransitionDocument) => TransitionDocument = (row) => row,
  ) => log().insertMany(rows.map((row) => change(toDocument(row))));
  const ofNewerVersion = (row: TransitionDocument) => ({ ...row, kind: 'giftSent' as never });
  const heldUntil = (lease: number) => (row: TransitionDocument) => ({ ...row, relay: { ...row.relay, lease } });
  /** A process's own search, which remembers where it was. */
  const searching = (atMost: number) => {
    const { lease } = createRelayStore(opened.database);
    return async (at = now) => (await lease(at, 5_000, atMost)).map(({ transition }) => transition.id);
  };

  it('comes to what is free behind any number of steps that it may not take', async () => {
    const free = steps(70, 5_000);
    await insert(steps(1_700, 1), ofNewerVersion);
    await insert(free);
    const lease = searching(64);
    const found: string[] = [];
    for (let call = 0; call < 5; call += 1) found.push(...(await lease()));
    expect(found).to.deep.equal(free.map(({ id }) => id));
  });

  it('comes to everything within one round, however much comes in front of it meanwhile', async () => {
    const waiting = steps(1, 0xffffff);
    await insert(waiting);
    const lease = searching(64);
    const found: string[] = [];
    for (let call = 1; call <= 3; call += 1) {
      await insert(steps(64, 1_000 - 64 * call));
      found.push(...(await lease()));
    }
    expect(found).to.include.members(waiting.map(({ id }) => id));
    expect(found, 'and its turn costs nobody else one').to.have.length(3 * 64);
  });

  it('gives what another process let go of in its next rounds, each step once', async () => {
    const [held, free] = [steps(600, 1), steps(130, 5_000)];
    await insert(held, heldUntil(now + 100));
    await insert(free);
    const lease = searching(64);
    const found: string[] = [];
    for (let call = 0; call < 4; call += 1) found.push(...(await lease()));
    expect(found.sort()).to.deep.equal(free.map(({ id }) => id));
    for (let call = 0; call < 12; call += 1) found.push(...(await lease(now + 100)));
    expect(found.sort()).to.deep.equal([...held, ...free].map(({ id }) => id).sort());
  });

  it('goes on at the beginning within one call, takes no more than is wanted, and goes on from there', async () => {
    const [back, front, first] = [steps(30, 1_000), steps(10, 500), steps(1, 1)];
    const { lease } = createRelayStore(opened.database);
    const take = async (atMost: number, at = now) =>
      (await lease(at, 5_000, atMost)).map(({ transition }) => transition.id);
    const ids = (rows: readonly Transition[]) => rows.map(({ id }) => id);
    await insert(back);
    expect(await take(20)).to.deep.equal(ids(back.slice(0, 20)));
    await insert(front);
    expect(await take(15)).to.deep.equal(ids([...back.slice(20), ...front.slice(0, 5)]));
    await insert(first);
    expect(await take(2)).to.deep.equal(ids(front.slice(5, 7)));
    expect(await take(99, now + 4_999)).to.deep.equal(ids([...front.slice(7), ...first]));
    expect(await take(99, now + 4_999), 'all are held for as long as was asked').to.deep.equal([]);
  });

  it('gives the first step alone of a payment of which more are undone than it reads at a time, and comes to what is behind', async () => {
    const paymentId = 'a'.repeat(24);
    const rows = Array.from({ length: 120 }, (_, n) => buildTransition({ paymentId, seq: n + 1 }));
    const behind = buildTransition({ paymentId: 'b'.repeat(24) });
    await insert([...rows, behind]);
    const lease = searching(64);
    expect(await lease()).to.deep.equal([rows[0]?.id, behind.id]);
    expect(await lease()).to.deep.equal([]);
  });

  it('takes nothing that another process has done since it was seen', async () => {
    await insert(steps(1, 1));
    const overtaken = new Proxy(log(), {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (name !== 'updateMany') return typeof value === 'function' ? value.bind(target) : value;
        return async (...change: Parameters<typeof target.updateMany>) => {
          await target.updateMany({}, { $set: { 'relay.done': true, 'relay.lease': 0 } });
          return target.updateMany(...change);
        };
      },
    });
    const late = createRelayStore({ collection: () => overtaken } as unknown as Db);
    expect(await late.lease(now, 5_000, 9)).to.deep.equal([]);
  });

  it('reads a bounded number of steps for one call', async () => {
    await insert(steps(1_200, 1), ofNewerVersion);
    const lease = searching(64);
    const cost = async (call: () => Promise<unknown>) => {
      await opened.database.command({ profile: 2 });
      await call();
      await opened.database.command({ profile: 0 });
      const reads = await opened.database
        .collection('system.profile')
        .find({ ns: log().namespace, op: 'query' })
        .toArray();
      await opened.database.dropCollection('system.profile');
      return reads.reduce((sum, { docsExamined }) => sum + docsExamined, 0);
    };
    expect(await cost(() => lease())).to.be.within(500, 1_000);
    expect(await cost(() => lease())).to.be.within(500, 1_000);
  });

  it('gives the next process nothing of what this one holds, and has nothing when there is nothing', async () => {
    const row = buildTransition({ paymentId: randomIds.payment() });
    await insert([row]);
    const [own, other] = [searching(1), searching(1)];
    expect(await own()).to.deep.equal([row.id]);
    expect(await other()).to.deep.equal([]);
    expect(await other(now + 5_000)).to.deep.equal([row.id]);
  });

  it('gives what it took although a later page failed, and throws only with empty hands', async () => {
    const rows = steps(60, 1);
    await insert(rows);
    let reads = 0;
    const cutAtSecondPage = new Proxy(log(), {
      get(target, name) {
        // the first page, what was taken of it, the second page
        if (name === 'find' && ++reads === 3) throw new Error('the line broke');
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const cut = createRelayStore({ collection: () => cutAtSecondPage } as unknown as Db);
    expect(await cut.lease(now, 5_000, 60)).to.have.length(50);
    const refused = { mode: { times: 1 }, data: { failCommands: ['update'], errorCode: 50 } };
    const nothing = opened.failing(refused, () => opened.store.relay.lease(now, 5_000, 1).catch(({ code }) => code));
    expect(await nothing).to.equal('busy');
    expect(await log().distinct('relay.fence', { 'relay.lease': { $gt: now } })).to.deep.equal([1]);
  });

  it('gives the others of its batch although one step cannot be read', async () => {
    const [broken, others] = [steps(1, 3), [...steps(2, 1), ...steps(5, 4)]];
    await insert(broken, (row) => ({ ...row, evidence: { amount: Decimal128.fromString('NaN') } }));
    await insert(others);
    const ids = others.map(({ id }) => id);
    expect(await searching(64)()).to.deep.equal(ids);
    await log().updateMany({ _id: { $in: ids } }, { $set: { 'relay.done': true } });
    const alone = await searching(64)(now + 5_000).catch((error: unknown) => error);
    expect(alone, 'and says so when there are no others').to.be.instanceOf(Error);
  });

  it('gives each step to one of many who search at the same moment', async () => {
    const rows = steps(60, 1);
    await insert(rows);
    const searches = Array.from({ length: 6 }, () => searching(64)());
    const taken = (await Promise.all(searches)).flat();
    expect(taken.sort()).to.deep.equal(rows.map(({ id }) => id));
    expect(await log().distinct('relay.fence')).to.deep.equal([1]);
  });
});
