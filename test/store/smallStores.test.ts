import { expect } from 'chai';
import type { Connection } from 'mongoose';
import type { DueRow } from '../../server/ports.ts';
import { createStore, type Store } from '../../server/store/createStore.ts';
import { createDueWork } from '../../server/store/dueWork.ts';
import { randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

describe('due work, watches, cursors, deliveries, idempotency keys and the audit log', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());
  const store = () => opened.store;

  describe('due work', () => {
    const take = async (now: number): Promise<DueRow> => {
      const [row] = await store().dueWork.take(['verify'], now, 100, 1);
      if (row === undefined) throw new Error('nothing was due');
      return row;
    };
    const nothingDue = async (now: number) =>
      expect(await store().dueWork.take(['verify'], now, 100, 9)).to.deep.equal([]);
    beforeEach(() => opened.database.collection('due_work').deleteMany({}));

    it('makes a row due earlier, never later, and gives it to one driver', async () => {
      await store().dueWork.schedule('verify', 'p', 500);
      await store().dueWork.schedule('verify', 'p', 900);
      await nothingDue(499);
      await store().dueWork.schedule('verify', 'p', 300);
      const taken = await Promise.all([1, 2, 3].map(() => store().dueWork.take(['verify'], 300, 100, 1)));
      expect(taken.flat().map(({ holder: _, ...row }) => row)).to.deep.equal([
        { kind: 'verify', paymentId: 'p', attempts: 1 },
      ]);
    });

    it('gives a row of a driver that died to the next, and ignores the dead one afterwards', async () => {
      await store().dueWork.schedule('verify', 'p', 0);
      const dead = await take(0);
      await nothingDue(99);
      const next = await take(100);
      const dyingWords = async () => {
        await store().dueWork.renew(dead, 9_000);
        await store().dueWork.postpone(dead, 0);
        await store().dueWork.finish(dead);
      };
      await dyingWords();
      await store().dueWork.schedule('verify', 'p', 100);
      await dyingWords();
      await nothingDue(199);
      const last = await take(200);
      await dyingWords();
      await store().dueWork.finish(next);
      await nothingDue(299);
      await store().dueWork.finish(last);
      await nothingDue(1_000);
    });

    it('ignores a driver that comes back from the dead also where its row was finished and made anew meanwhile', async () => {
      await store().dueWork.schedule('verify', 'p', 0);
      const dead = await take(0);
      await store().dueWork.finish(await take(100));
      await store().dueWork.schedule('verify', 'p', 200);
      const anew = await take(200);
      await store().dueWork.finish(dead);
      await store().dueWork.postpone(dead, 0);
      await nothingDue(299);
      await store().dueWork.postpone(anew, 500);
      expect((await take(500)).attempts).to.equal(2);
    });

    it('leaves a row that somebody else took and postponed, although it was due when it was found', async () => {
      await store().dueWork.schedule('verify', 'p', 0);
      const other = await take(0);
      const rows = opened.database.collection('due_work');
      const late = new Proxy(rows, {
        get(target, name) {
          const value = Reflect.get(target, name);
          if (name !== 'updateMany') return typeof value === 'function' ? value.bind(target) : value;
          return async (...change: Parameters<typeof target.updateMany>) => {
            await store().dueWork.postpone(other, 10_000);
            return target.updateMany(...change);
          };
        },
      });
      const { take: takeLate } = createDueWork({ model: () => ({ collection: late }) } as unknown as Connection);
      expect(await takeLate(['verify'], 100, 100, 9)).to.deep.equal([]);
      await nothingDue(9_999);
    });

    it('works once more on a row that was asked for while somebody worked on it', async () => {
      await store().dueWork.schedule('verify', 'p', 0);
      const row = await take(10);
      await store().dueWork.schedule('verify', 'p', 20);
      await store().dueWork.finish(row);
      await store().dueWork.finish(await take(20));
      await nothingDue(1_000);
    });

    it('postpones a row, unless it was asked for meanwhile', async () => {
      await store().dueWork.schedule('verify', 'p', 0);
      await store().dueWork.postpone(await take(0), 500);
      await nothingDue(499);
      const again = await take(500);
      expect(again.attempts).to.equal(2);
      await store().dueWork.schedule('verify', 'p', 500);
      await store().dueWork.postpone(again, 9_000);
      expect((await take(500)).attempts).to.equal(3);
    });

    it('makes one row with the earliest time out of many questions of two processes, also when both make it at the same moment', async () => {
      const other = await createStore({ uri: opened.uri });
      const ids = Array.from({ length: 100 }, (_, n) => `p${n}`);
      const ask = (from: Store, atMs: number) => ids.map((id) => from.dueWork.schedule('verify', id, atMs));
      await Promise.all([...ask(store(), 700), ...ask(other, 300), ...ask(store(), 500)]);
      await other.close();
      const rows = await opened.database.collection('due_work').find().toArray();
      expect(rows.map(({ paymentId }) => paymentId)).to.have.members(ids);
      expect(new Set(rows.map(({ atMs }) => atMs))).to.deep.equal(new Set([300]));
    });

    it('takes only the kinds that were asked for', async () => {
      await store().dueWork.schedule('drivePayout', 'p', 0);
      await nothingDue(1_000);
      const [row] = await store().dueWork.take(['verify', 'drivePayout'], 0, 100, 1);
      expect(row?.kind).to.equal('drivePayout');
    });

    it('gives what is due for the longest, at most as many as are wanted, each to one of many who take at the same moment', async () => {
      const ids = Array.from({ length: 40 }, (_, n) => `p${n}`);
      await Promise.all(ids.map((id, n) => store().dueWork.schedule('verify', id, 1_000 - n)));
      const oldest = await store().dueWork.take(['verify'], 1_000, 100, 4);
      expect(oldest.map(({ paymentId }) => paymentId)).to.deep.equal(['p39', 'p38', 'p37', 'p36']);
      const takings = Array.from({ length: 6 }, () => store().dueWork.take(['verify'], 1_000, 100, 40));
      const taken = [...oldest, ...(await Promise.all(takings)).flat()];
      expect(taken.map(({ paymentId }) => paymentId).sort()).to.deep.equal([...ids].sort());
      expect(new Set(taken.map(({ attempts }) => attempts))).to.deep.equal(new Set([1]));
    });

    it('finishes many together: each is gone, but for those that were asked for meanwhile and those of another holder', async () => {
      const ids = ['done', 'asked', 'lost'];
      await Promise.all(ids.map((id) => store().dueWork.schedule('verify', id, 0)));
      const rows = await store().dueWork.take(['verify'], 0, 100, 9);
      await store().dueWork.schedule('verify', 'asked', 50);
      await opened.database.collection('due_work').updateOne({ paymentId: 'lost' }, { $set: { holder: 'another' } });
      await Promise.all(rows.map((row) => store().dueWork.finish(row)));
      const left = await opened.database.collection('due_work').find().sort({ _id: 1 }).toArray();
      expect(left.map(({ paymentId, leaseUntilMs, attempts }) => [paymentId, leaseUntilMs, attempts])).to.deep.equal([
        ['asked', 0, 0],
        ['lost', 100, 1],
      ]);
    });
  });

  describe('watches', () => {
    const vault = (digit: string) => ({ address: `0x${digit.repeat(40)}`, custody: 'contract' as const });
    const watch = { chainId: 56, termsId: '0xterms', hotWallet: `0x${'9'.repeat(40)}`, fromBlock: 10, untilMs: 1_000 };

    it('only grows: addresses are added, the time never shrinks', async () => {
      const paymentId = randomIds.payment();
      const oneTime = { address: `0x${'b'.repeat(40)}`, custody: 'provider' as const };
      await store().watches.upsert({ ...watch, paymentId, addresses: [vault('a'), oneTime], untilMs: 5_000 });
      await store().watches.upsert({ ...watch, paymentId, addresses: [vault('a')], fromBlock: 12 });
      const [found] = await store().watches.byTermsId(56, ['0xTERMS']);
      expect(found).to.deep.equal({
        ...{ ...watch, paymentId, untilMs: 5_000 },
        addresses: [vault('a'), oneTime],
      });
      expect(await store().watches.byTermsId(1, ['0xterms'])).to.deep.equal([]);
    });

    it('pages through what is still watched, and finds by terms also what is not', async () => {
      for (const paymentId of ['w1', 'w2', 'w3', 'w4']) {
        const untilMs = paymentId === 'w2' ? 50 : 1_000;
        await store().watches.upsert({
          ...watch,
          chainId: 7,
          paymentId,
          addresses: [],
          termsId: `0x${paymentId}`,
          untilMs,
        });
      }
      const first = await store().watches.page(7, 50, '', 2);
      expect(first.map(({ paymentId }) => paymentId)).to.deep.equal(['w1', 'w3']);
      const next = await store().watches.page(7, 50, 'w3', 2);
      expect(next.map(({ paymentId }) => paymentId)).to.deep.equal(['w4']);
      expect((await store().watches.byTermsId(7, ['0xW2'])).map(({ paymentId }) => paymentId)).to.deep.equal(['w2']);
    });
  });

  it('moves a cursor for one of several scanners', async () => {
    const at = (blockNumber: number, hash: string) => ({
      chainId: 56,
      blockNumber,
      recent: [{ number: blockNumber, hash }],
    });
    expect(await store().cursors.get(56)).to.equal(null);
    expect(await store().cursors.move(null, at(1, 'a'))).to.equal(true);
    expect(await store().cursors.move(null, at(2, 'b'))).to.equal(false);
    const from = await store().cursors.get(56);
    const moved = await Promise.all([2, 3, 4].map((n) => store().cursors.move(from, at(n, 'c'))));
    expect(moved.filter(Boolean)).to.have.length(1);
    expect(await store().cursors.move(at(1, 'a'), at(9, 'x'))).to.equal(false);
  });

  it('keeps deliveries raw but without secrets, and counts them', async () => {
    const delivery = {
      provider: 'shkeeper',
      outcome: 'unmatched' as const,
      reason: 'unknown external id',
      headers: { 'x-shkeeper-api-key': 'secret', 'x.odd': '1' },
      rawBody: Buffer.from('{"a":1}'),
      receivedAtMs: 5,
    };
    await store().providerEvents.keep(delivery);
    const [kept] = await store().providerEvents.list(10);
    expect(kept).to.deep.include({ outcome: 'unmatched', body: '{"a":1}', receivedAtMs: 5 });
    expect(await opened.database.collection('provider_events').findOne()).to.deep.include({
      headers: { 'x.odd': '1' },
    });
    await store().providerEvents.keep({ ...delivery, rawBody: Buffer.alloc(16_385, 'x'), receivedAtMs: 6 });
    const listed = await store().providerEvents.list(10);
    // A stranger's long bodies are not all read at once.
    expect(listed.map(({ bytes, body }) => [bytes, body])).to.deep.equal([
      [16_385, null],
      [7, '{"a":1}'],
    ]);
    const counted = [1, 2, 3].map(() => store().providerEvents.count('shkeeper', 'accepted', ''));
    await Promise.all([...counted, store().providerEvents.count('shkeeper', 'refused', 'no')]);
    expect(await store().providerEvents.stats('shkeeper')).to.deep.equal({ accepted: 3, refused: 1, 'refused.no': 1 });
  });

  describe('idempotency keys', () => {
    const begin = (key: string, hash = 'h', now = 0) => store().idempotency.begin(key, hash, now);
    const fenceOf = (begun: Awaited<ReturnType<typeof begin>>) => {
      if (begun.outcome !== 'begun') throw new Error(`${begun.outcome} instead of begun`);
      return begun.fence;
    };

    it('lets one of several equal requests begin, then answers with what was stored', async () => {
      const begun = await Promise.all([1, 2, 3].map(() => begin('k1')));
      expect(begun.map(({ outcome }) => outcome).sort()).to.deep.equal(['begun', 'running', 'running']);
      const [fence = ''] = begun.flatMap((one) => (one.outcome === 'begun' ? [one.fence] : []));
      await store().idempotency.complete('k1', fence, { status: 201, body: '{"id":1}' });
      expect(await begin('k1')).to.deep.equal({ outcome: 'stored', status: 201, body: '{"id":1}' });
      expect(await begin('k1', 'other')).to.deep.equal({ outcome: 'otherPayload' });
    });

    it('forgets a released key, but never a completed one', async () => {
      await store().idempotency.release('k2', fenceOf(await begin('k2')));
      const fence = fenceOf(await begin('k2'));
      await store().idempotency.complete('k2', fence, { status: 200, body: '' });
      await store().idempotency.release('k2', fence);
      expect((await begin('k2')).outcome).to.equal('stored');
    });

    it('takes over from a process that died after a minute, and starts afresh after a day', async () => {
      const [realNow, day] = [Date.now(), 24 * 3_600_000];
      await begin('k3', 'h', realNow);
      expect((await begin('k3', 'h', realNow + 59_999)).outcome).to.equal('running');
      const fence = fenceOf(await begin('k3', 'h', realNow + 60_000));
      await store().idempotency.complete('k3', fence, { status: 200, body: 'x' });
      expect((await begin('k3', 'other', realNow + 60_000 + day)).outcome).to.equal('begun');
    });

    it('belongs to whoever holds it now: one that was only slow neither answers for the next holder nor frees his key', async () => {
      const slow = fenceOf(await begin('k4', 'h', 0));
      const holder = fenceOf(await begin('k4', 'h', 60_000));
      await store().idempotency.complete('k4', slow, { status: 200, body: 'of the slow one' });
      await store().idempotency.release('k4', slow);
      expect((await begin('k4', 'h', 60_001)).outcome).to.equal('running');
      // The holder fails and frees the key, and somebody begins anew: still not the slow one's.
      await store().idempotency.release('k4', holder);
      const next = fenceOf(await begin('k4', 'another', 60_002));
      await store().idempotency.complete('k4', slow, { status: 200, body: 'of the slow one' });
      await store().idempotency.complete('k4', next, { status: 200, body: 'of the next' });
      expect(await begin('k4', 'another', 60_003)).to.deep.include({ body: 'of the next' });
    });
  });

  it('records an alarm once', async () => {
    const entry = { key: 'k', category: 'alarm' as const, paymentId: 'p', seq: 1, reason: 'r', atMs: 1 };
    await store().audit.record(entry);
    await store().audit.record({ ...entry, atMs: 2 });
    expect(await store().audit.list(10)).to.deep.equal([entry]);
  });
});
