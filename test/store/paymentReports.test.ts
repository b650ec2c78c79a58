import { expect } from 'chai';
import { paymentStatuses } from '../../server/domain/state.ts';
import type { PaymentReports, StatusSum } from '../../server/ports/paymentReads.ts';
import { encode } from '../../server/store/codec.ts';
import { buildState, buildTransition, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

/** As many digits as an offer may have, so that ten of them would be rounded by one sum. */
const huge = 10n ** 33n - 1n;
const count = 700;
const rowAt = (n: number) => ({
  buyerId: `buyer-${n % 3}`,
  sellerId: n % 3 === 0 && n % 2 === 0 ? 'buyer-0' : `seller-${n % 2}`,
  status: paymentStatuses[n % 7] ?? 'pending',
  network: n % 2 ? 'bsc' : 'polygon',
  token: 'USDT',
  direction: n % 10 === 0 ? ('out' as const) : ('in' as const),
  amount: n % 5 === 0 ? huge : BigInt(n),
});
const known = Array.from({ length: count }, (_, n) => rowAt(n));

describe('reports of payments', () => {
  let opened: TestStore;
  let reports: PaymentReports;
  before(async () => {
    opened = await openTestStore();
    reports = opened.store.paymentReports;
    const state = buildState({ buyerId: 'template' });
    await opened.store.transitions.project(buildTransition({ paymentId: state.id, state }));
    const payments = opened.database.collection<{ _id: string; state: object; direction: string }>('payments');
    const template = await payments.findOne({ _id: state.id });
    if (template === null) throw new Error('no row');
    await payments.deleteOne({ _id: state.id });
    const copies = known.map(({ amount, ...row }, n) => {
      const _id = randomIds.payment();
      return { ...template, _id, ...row, price: encode(amount), openedAtMs: n, state: { ...template.state, id: _id } };
    });
    // The money of nobody is no payment.
    const suspense = { ...template, _id: 'suspense-bsc-usdt', direction: 'suspense', price: encode(7n) };
    await payments.insertMany([...copies, suspense], { writeConcern: { w: 'majority' } });
  });
  after(() => opened.close());

  /** Added up here, exactly. */
  function expected(isMine: (row: (typeof known)[number]) => boolean) {
    const sums: Record<string, [number, string]> = {};
    for (const row of known.filter(isMine)) {
      const key = [row.direction, row.network, row.token, row.status].join(' ');
      const [before, amount] = sums[key] ?? [0, '0'];
      sums[key] = [before + 1, String(BigInt(amount) + row.amount)];
    }
    return sums;
  }
  const told = (sums: readonly StatusSum[]) =>
    Object.fromEntries(
      sums.map(({ direction, network, token, status, count: n, amount }) => [
        [direction, network, token, status].join(' '),
        [n, String(amount)],
      ]),
    );

  it('sum exactly, far beyond what the database adds without rounding', async () => {
    const sums = await reports.sums({});
    expect(told(sums)).to.deep.equal(expected(() => true));
    expect(sums.some(({ amount }) => amount > 10n ** 34n)).to.equal(true);
  });

  it('sum what is a buyer’s, a seller’s, or a user’s on either side, whom nobody counts twice', async () => {
    expect(told(await reports.sums({ buyerId: 'buyer-1' }))).to.deep.equal(
      expected((row) => row.buyerId === 'buyer-1'),
    );
    expect(told(await reports.sums({ sellerId: 'seller-1' }))).to.deep.equal(
      expected((row) => row.sellerId === 'seller-1'),
    );
    const mine = expected((row) => row.buyerId === 'buyer-0' || row.sellerId === 'buyer-0');
    expect(told(await reports.sums({ userId: 'buyer-0' }))).to.deep.equal(mine);
    expect(await reports.sums({ userId: 'nobody' })).to.deep.equal([]);
  });

  it('read an index alone, no row of a payment', async () => {
    const { database } = opened;
    await database.command({ profile: 2 });
    for (const party of [{}, { buyerId: 'buyer-1' }, { sellerId: 'seller-1' }, { userId: 'buyer-0' }])
      await reports.sums(party);
    await database.command({ profile: 0 });
    const asked = { 'command.aggregate': 'payments', appName: { $exists: true } };
    const reads = await database.collection('system.profile').find(asked).toArray();
    expect(reads).to.have.length(5);
    for (const { docsExamined, planSummary } of reads) {
      expect(docsExamined).to.equal(0);
      expect(String(planSummary)).to.match(/^IXSCAN/);
    }
  });

  it('give up in time and say so', async () => {
    const data = { failCommands: ['aggregate'], errorCode: 50 };
    const error = await opened.failing({ mode: 'alwaysOn', data }, () => reports.sums({}).catch((thrown) => thrown));
    expect(error).to.have.property('code', 'report_too_large');
  });

  it('read everything once, newest first, in small pages, and end when nobody takes more', async () => {
    const sizes: number[] = [];
    const times: number[] = [];
    for await (const page of reports.each({})) {
      sizes.push(page.length);
      times.push(...page.map(({ createdAtMs }) => createdAtMs));
    }
    expect(times).to.deep.equal(Array.from({ length: count }, (_, n) => count - 1 - n));
    expect(Math.max(...sizes)).to.equal(200);
    const mine = [];
    for await (const page of reports.each({ buyerId: 'buyer-1', statuses: ['completed'] })) mine.push(...page);
    expect(mine).to.have.length(known.filter((row) => row.buyerId === 'buyer-1' && row.status === 'completed').length);
  });

  it('end with what a newer version wrote, rather than leave it out', async () => {
    const payments = opened.database.collection<{ _id: string }>('payments');
    await payments.updateOne({ direction: 'in', openedAtMs: 5 }, { $set: { format: 99 } });
    const reading = (async () => {
      for await (const _ of reports.each({}));
    })();
    expect(await reading.catch((thrown) => thrown)).to.have.property('code', 'busy');
  });
});
