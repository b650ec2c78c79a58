import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { checkTrail, sentenceOf } from '../../scripts/audit/trail.ts';
import { nextRecord, type TrailEvent, type TrailRecord } from '../../server/domain/auditTrail.ts';
import type { AuditTrailRow } from '../../server/models/auditTrailModel.ts';
import { createAuditTrail, openTrail } from '../../server/store/auditTrail.ts';
import { createStore } from '../../server/store/createStore.ts';
import { createTrailAnchors, readTrailAnchors } from '../../server/store/trailAnchors.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const event = (n: number): TrailEvent => ({
  ...{ atMs: n, category: 'admin', actor: `admin-${n}`, role: 'admin', action: 'POST /x', path: '/x' },
  ...{ outcome: '200', requestId: `r${n}`, address: '' },
});

describe('the audit trail', () => {
  let opened: TestStore;
  let folder = '';
  const rows = () => opened.database.collection('audit_trail') as unknown as Collection<AuditTrailRow>;

  beforeEach(async () => {
    opened ??= await openTestStore();
    folder = mkdtempSync(join(tmpdir(), 'holdfast-trail-'));
    await rows().deleteMany({});
    const anchors = createTrailAnchors(folder, null);
    for (let n = 1; n <= 6; n += 1) await anchors.keep(await opened.store.trail.append(event(n)));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  after(() => opened.close());

  async function verdict(anchors = folder) {
    const trail = openTrail({ uri: opened.uri });
    try {
      return await checkTrail(trail.read(), () => readTrailAnchors(anchors));
    } finally {
      await trail.close();
    }
  }
  const row = async (place: number) => {
    const found = await rows().findOne({ _id: place });
    if (found === null) throw new Error(`no record ${place}`);
    const { _id, ...rest } = found;
    return rest;
  };

  it('holds as it was written', async () => {
    const unlooked = { anchorFault: null, signedFrom: null };
    expect(await verdict()).to.deep.equal({ holds: true, records: 6, anchors: 6, fault: null, ...unlooked });
  });

  const fields = ['atMs', 'category', 'actor', 'role', 'action', 'path', 'outcome', 'requestId', 'address', 'previous'];
  for (const field of fields) {
    it(`names a record whose ${field} was edited`, async () => {
      await rows().updateOne({ _id: 3 }, { $set: { [field]: field === 'atMs' ? 99 : 'other' } });
      expect((await verdict()).fault).to.deep.equal({ seq: 3, kind: 'edited' });
    });
  }

  it('names a record that was deleted', async () => {
    await rows().deleteOne({ _id: 4 });
    expect((await verdict()).fault).to.deep.equal({ seq: 4, kind: 'deleted' });
  });

  it('names the first of records that changed places', async () => {
    const [second, third] = [await row(2), await row(3)];
    await rows().replaceOne({ _id: 2 }, third);
    await rows().replaceOne({ _id: 3 }, second);
    expect((await verdict()).fault).to.deep.equal({ seq: 2, kind: 'reordered' });
  });

  it('names the first record that is missing at the end, by the anchors outside the database', async () => {
    await rows().deleteMany({ _id: { $gt: 4 } });
    const cut = await verdict();
    expect(cut.fault).to.deep.equal({ seq: 5, kind: 'truncated' });
    expect(sentenceOf(cut)).to.include('record 5 was truncated');
    const blind = await verdict(join(folder, 'nowhere'));
    expect(blind.holds).to.equal(true);
    expect(sentenceOf(blind)).to.include('No anchors were found');
  });

  it('names the first record of a chain that was written anew from there', async () => {
    let last: { seq: number; hash: string } = await row(2);
    for (let n = 3; n <= 6; n += 1) {
      const forged = nextRecord(last, { ...event(n), actor: 'nobody' });
      await rows().replaceOne({ _id: n }, forged);
      last = forged;
    }
    expect((await verdict()).fault).to.deep.equal({ seq: 3, kind: 'rewritten' });
  });

  it('is one chain also when two processes write at the same moment', async () => {
    const other = await createStore({ uri: opened.uri });
    const both = [opened.store.trail, other.trail];
    await Promise.all(Array.from({ length: 40 }, (_, n) => both[n % 2]?.append(event(100 + n))));
    await other.close();
    expect(await verdict()).to.include({ holds: true, records: 46 });
  });
});

describe('who writes the audit trail', () => {
  /** A trail over rows in memory, whose database answers when `answers` says so. */
  function writer(answers: () => Promise<void>) {
    const rows: TrailRecord[] = [];
    const lean = async () => {
      await answers();
      return rows.slice(-1);
    };
    const model = {
      find: () => ({ sort: () => ({ limit: () => ({ lean }) }) }),
      create: async (row: TrailRecord) => void rows.push(row),
    };
    const trail = createAuditTrail({ model: () => model } as unknown as Connection);
    const told = (count: number) => Promise.allSettled(Array.from({ length: count }, (_, n) => trail.append(event(n))));
    return { rows, told };
  }
  const outcomes = (all: readonly PromiseSettledResult<unknown>[], status: string) =>
    all.filter((one) => one.status === status).length;

  it('keeps a bounded number of events waiting while the database is slow, and takes others once those are written', async () => {
    const { promise: back, resolve: comeBack } = Promise.withResolvers<void>();
    const { rows, told } = writer(() => back);
    const waiting = told(1_001);
    comeBack();
    expect([outcomes(await waiting, 'fulfilled'), outcomes(await waiting, 'rejected')]).to.deep.equal([1_000, 1]);
    expect(outcomes(await told(10), 'fulfilled')).to.equal(10);
    expect(rows.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: 1_010 }, (_, n) => n + 1));
  });

  it('goes on after a record that could not be written', async () => {
    let isAway = true;
    const { rows, told } = writer(async () => {
      if (isAway) throw new Error('away');
    });
    expect(outcomes(await told(1), 'rejected')).to.equal(1);
    isAway = false;
    expect(outcomes(await told(2), 'fulfilled')).to.equal(2);
    expect(rows).to.have.length(2);
  });
});
