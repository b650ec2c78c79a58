import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { BSON, type Document } from 'mongodb';
import { createPaymentCoordinator } from '../../server/commands/paymentCoordinator.ts';
import { createPaymentAudit } from '../../server/domain/invariants/paymentAudit.ts';
import { decide } from '../../server/domain/payment.ts';
import { projectedFields } from '../../server/store/auditedBooks.ts';
import * as f from '../domain/factories.ts';
import { filesBelow } from '../house/sources.ts';
import { createTestClock } from '../support/clock.ts';
import { createTestLogger, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';
import { logs, openVault, tellWalk } from './rowsWalk.ts';

const { EJSON } = BSON;
const collections = ['payment_transitions', 'payments'] as const;
type Rows = Record<(typeof collections)[number], (Document & { _id: string })[]>;

/** Rows as versions of the server wrote them, oldest first. A file that was released is never changed again: databases hold such rows. */
const files = filesBelow('test/store/rows', '.json');
const newest = files.at(-1) ?? '';
const rowsOf = (file: string): Rows => EJSON.parse(readFileSync(file, 'utf8'), { relaxed: false }) as Rows;

async function stored({ database }: TestStore): Promise<Rows> {
  const read = (name: string) =>
    database.collection<Document & { _id: string }>(name).find().sort({ _id: 1 }).toArray();
  return { payment_transitions: await read(collections[0]), payments: await read(collections[1]) };
}

for (const file of files) {
  describe(`rows that an older version wrote: ${file}`, () => {
    let opened: TestStore;
    const rows = rowsOf(file);
    before(async () => {
      opened = await openTestStore();
      for (const name of collections)
        await opened.database.collection<Document & { _id: string }>(name).insertMany(rows[name]);
    });
    after(() => opened.close());

    it('are whole histories to this version: numbers, edges, hashes, books, claims and copies', async () => {
      for (const logId of Object.values(logs)) {
        const graces = {
          effectMs: Number.MAX_SAFE_INTEGER,
          deadlineMs: Number.MAX_SAFE_INTEGER,
          payoutMs: Number.MAX_SAFE_INTEGER,
        };
        const tools = { digest: opened.store.digest, projectionOf: projectedFields, nowMs: f.startMs, graces };
        const audit = createPaymentAudit(logId, tools);
        let steps = 0;
        for await (const step of opened.store.auditedBooks.steps(logId)) {
          steps += 1;
          if ('unreadable' in step) audit.unreadable(step.id, step.unreadable);
          else audit.step(step);
        }
        const row = (await opened.store.auditedBooks.rows([logId])).get(logId) ?? null;
        const violations = audit.end({ row, request: null });
        // The marketplace's side is not part of the rows.
        expect(
          violations.filter(({ invariant }) => invariant !== 'I10'),
          logId,
        ).to.deep.equal([]);
        expect(steps).to.equal(rows.payment_transitions.filter(({ p }) => p === logId).length);
      }
    });

    it('are gone on with: a decision starts from the copy, links to the hash, and moves the copy', async () => {
      const { transitions, hints, digest, queries, copied } = opened.store;
      const coordinator = createPaymentCoordinator({
        ...{
          transitions,
          hints,
          decide,
          digest,
          ids: randomIds,
          clock: createTestClock(),
          logger: createTestLogger().logger,
        },
        ...{ crash: () => {}, wakeRelay: () => {}, pause: () => Promise.resolve() },
      });
      const before = await transitions.tail(logs.open);
      expect((await hints.hint(logs.open))?.hash).to.equal(before?.hash);
      const place = { receiver: openVault, txHash: f.txHash(99), blockNumber: 1_099, blockHash: f.txHash(1_099) };
      const signal = { kind: 'transferConfirmed', transfer: f.transfer(40n, place) } as const;
      expect(await coordinator.observe(logs.open, signal, { actor: 'test' })).to.deep.include({
        outcome: 'changed',
        seq: 3,
      });
      await copied();
      const after = await transitions.tail(logs.open);
      expect([after?.to, after?.prev]).to.deep.equal(['completed', before?.hash]);
      expect(await queries.payment(logs.open, null)).to.deep.include({ seq: 3, received: 100n });
    });

    it('are read as well when they name neither their format nor, in a copy, their kind, as those of the first days', async () => {
      const { database, store } = opened;
      await database.collection(collections[0]).updateMany({}, { $unset: { format: 1 } });
      await database.collection(collections[1]).updateMany({}, { $unset: { format: 1, kind: 1 } });
      for (const id of [logs.released, logs.open]) {
        const tail = await store.transitions.tail(id);
        expect((await store.hints.hint(id))?.hash).to.equal(tail?.hash);
        expect((await store.queries.payment(id, null))?.seq).to.equal(tail?.seq);
      }
    });

    it('have effects that the relay still carries out, in their order', async () => {
      const leased: string[] = [];
      const next = async () => (await opened.store.relay.lease(1, 5_000, 1))[0];
      for (let one = await next(); one !== undefined; one = await next()) {
        leased.push(one.transition.id);
        await opened.store.relay.done(one);
      }
      expect(leased).to.include.members(rows.payment_transitions.map(({ _id }) => _id));
      expect(leased.filter((id) => id.startsWith(logs.released))).to.deep.equal(
        rows.payment_transitions.filter(({ p }) => p === logs.released).map(({ _id }) => _id),
      );
    });
  });
}

describe('rows that this version writes', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());

  it('are those that the newest of the kept files has: else raise the format of what changed (store/vocabulary.ts), and keep a new file', async () => {
    await tellWalk(opened.store);
    const rows = await stored(opened);
    if (process.env.HOLDFAST_KEEP_ROWS !== undefined) {
      const lines = collections.map(
        (name) =>
          `${JSON.stringify(name)}: [\n${rows[name].map((row) => EJSON.stringify(row, { relaxed: false })).join(',\n')}\n]`,
      );
      writeFileSync(process.env.HOLDFAST_KEEP_ROWS, `{\n${lines.join(',\n')}\n}\n`);
    }
    for (const name of collections)
      expect(JSON.parse(EJSON.stringify(rows[name], { relaxed: false })), name).to.deep.equal(
        JSON.parse(readFileSync(newest, 'utf8'))[name],
      );
  });
});
