import { expect } from 'chai';
import type { Collection, Document } from 'mongodb';
import { type PaymentStatus, paymentStatuses } from '../../server/domain/state.ts';
import type { PaymentRow } from '../../server/models/paymentModel.ts';
import type { PaymentQuery } from '../../server/ports/paymentReads.ts';
import { createPaymentFilters } from '../../server/store/paymentFilters.ts';
import { buildState, buildTransition, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

interface Row {
  readonly _id: string;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly status: PaymentStatus;
  readonly network: string;
  readonly token: string;
  readonly openedAtMs: number;
  readonly direction: 'in' | 'out';
  readonly externalIds: readonly string[];
}
const count = 1_500;
const limit = 10;
const hash = `0x${'ab'.repeat(32)}`;

/** One of them buys as well. */
const sellers = ['seller-0', 'seller-1', 'seller-2', 'seller-3', 'buyer-2'] as const;

/** Many payments among few parties, of which few are of the rare token; a tenth of each kind belongs to payouts. */
const rowAt = (n: number, _id: string): Row => ({
  ...{ _id, buyerId: `buyer-${n % 3}`, sellerId: sellers[n % sellers.length] ?? '' },
  status: paymentStatuses[n % 4] ?? 'pending',
  network: n % 2 ? 'bsc' : 'polygon',
  token: n % 97 === 0 ? 'RARE' : n % 3 ? 'USDT' : 'USDC',
  openedAtMs: Math.floor(n / 4),
  direction: n % 10 === 0 ? 'out' : 'in',
  externalIds: [`AMN_${n}`],
});

/** The same in memory. */
function matches(row: Row, query: PaymentQuery): boolean {
  const { buyerId, sellerId, userId, statuses, network, token, fromMs = 0, untilMs = Infinity } = query;
  return (
    (buyerId ?? row.buyerId) === row.buyerId &&
    (sellerId ?? row.sellerId) === row.sellerId &&
    (userId === undefined || [row.buyerId, row.sellerId].includes(userId)) &&
    (statuses?.includes(row.status) ?? true) &&
    (network ?? row.network) === row.network &&
    (token ?? row.token) === row.token &&
    row.openedAtMs >= fromMs &&
    row.openedAtMs < untilMs
  );
}

/** What the database does with the few forms of a filter that are made here; the test before it shows that it does. */
function passes(row: Row, filter: Document): boolean {
  return Object.entries(filter).every(([field, wanted]) => {
    if (field === '$or') return wanted.some((part: Document) => passes(row, part));
    const value = row[field as keyof Row];
    if (typeof wanted === 'string') return value === wanted;
    const { $in = [value], $gte = -Infinity, $lt = Infinity, ...rest } = wanted;
    if (Object.keys(rest).length > 0) throw new Error(`unknown condition ${Object.keys(rest)}`);
    return $in.includes(value) && (typeof value !== 'number' || (value >= $gte && value < $lt));
  });
}

const owners: readonly PaymentQuery[] = [
  {},
  { buyerId: 'buyer-1' },
  { sellerId: 'seller-2' },
  { buyerId: 'buyer-1', sellerId: 'seller-2' },
  { userId: 'buyer-2' },
  { userId: 'buyer-2', sellerId: 'seller-3' },
  { userId: 'buyer-2', buyerId: 'buyer-1', sellerId: 'seller-3' },
  { userId: 'nobody' },
];
const words: readonly PaymentQuery[] = [
  {},
  { network: 'bsc' },
  { token: 'RARE' },
  { network: 'polygon', token: 'RARE' },
  { network: 'unknown' },
];
const times: readonly PaymentQuery[] = [{}, { fromMs: 100, untilMs: 200 }, { fromMs: 350 }];
const states: readonly PaymentQuery[] = [{}, { statuses: ['completed'] }, { statuses: ['pending', 'completed'] }];
const everyFilter = owners.flatMap((owner) =>
  words.flatMap((word) =>
    times.flatMap((time) => states.map((state) => ({ ...owner, ...word, ...time, ...state }) as PaymentQuery)),
  ),
);

describe('filters of payments', () => {
  let opened: TestStore;
  let known: Row[];
  before(async () => {
    opened = await openTestStore();
    const state = buildState({ buyerId: 'template', sellerId: 'template' });
    await opened.store.transitions.project(buildTransition({ paymentId: state.id, state }));
    const payments = opened.database.collection<{ _id: string; state: object }>('payments');
    const template = await payments.findOne({ _id: state.id });
    if (template === null) throw new Error('no row');
    known = Array.from({ length: count }, (_, n) => rowAt(n, randomIds.payment()));
    const rows = known.map((row) => ({ ...template, ...row, state: { ...template.state, id: row._id } }));
    await payments.insertMany(rows, { writeConcern: { w: 'majority' } });
    await payments.deleteOne({ _id: state.id });
    await opened.database.createCollection('system.profile', { capped: true, size: 64 * 1_048_576 });
  });
  after(() => opened.close());

  const list = (query: PaymentQuery, order: 'newestFirst' | 'oldestFirst' = 'newestFirst') =>
    opened.store.queries.payments(query, { limit, order, offset: 0, after: null });
  const found = (query: PaymentQuery) =>
    known
      .filter((row) => matches(row, query))
      .toSorted((a, b) => b.openedAtMs - a.openedAtMs || (a._id < b._id ? 1 : -1))
      .map(({ _id }) => _id);

  /** How the database answered what the store asked it while `work` ran. */
  async function plansOf(work: () => Promise<unknown>) {
    const { database } = opened;
    const [begun] = await database.collection('system.profile').find().sort({ $natural: -1 }).limit(1).toArray();
    await database.command({ profile: 2 });
    await work().finally(() => database.command({ profile: 0 }));
    const profile = database.collection('system.profile');
    const plans = await profile
      .find({ ns: /payments$|transitions$/, appName: { $exists: true }, ts: { $gt: begun?.ts ?? new Date(0) } })
      .sort({ $natural: 1 })
      .toArray();
    return plans.map(({ planSummary, docsExamined, hasSortStage, command }) => ({
      plan: String(planSummary),
      documents: Number(docsExamined ?? 0),
      sorts: hasSortStage === true,
      isPage: typeof command === 'object' && 'find' in command && 'sort' in command,
    }));
  }

  it('give exactly what they name, in order, from an index and without reading rows that are not shown', async () => {
    const plans = await plansOf(async () => {
      for (const query of everyFilter) {
        const { items, total } = await list(query);
        const [title, expected] = [JSON.stringify(query), found(query)];
        const ids = items.map(({ state }) => state.id);
        expect(ids, title).to.deep.equal(expected.slice(0, limit));
        expect(total, title).to.equal(expected.length);
      }
    });
    for (const { plan } of plans) expect(plan).not.to.include('COLLSCAN');
    const pages = plans.filter(({ isPage }) => isPage);
    expect(pages).to.have.length(everyFilter.length);
    for (const [n, { plan, documents, sorts }] of pages.entries()) {
      const title = `${JSON.stringify(everyFilter[n])} ${plan}`;
      expect(sorts, title).to.equal(false);
      // A row more than is shown, and one that each of the merged scans holds ready.
      expect(documents, title).to.be.at.most(limit + 1 + 2 * paymentStatuses.length);
    }
  });

  it("never widen what they should narrow: whatever is added leaves only payments that were there, all of them the owner's", async () => {
    const rows = { distinct: async (field: 'network' | 'token') => [...new Set(known.map((row) => row[field]))] };
    const claimsUnder = opened.store.transitions.claimsUnder;
    const filterOf = createPaymentFilters({ rows: rows as unknown as Collection<PaymentRow>, claimsUnder });
    const kept = new Map<string, ReadonlySet<string>>();
    async function ids(query: PaymentQuery): Promise<ReadonlySet<string>> {
      const name = JSON.stringify(Object.entries(query).toSorted());
      const read = async (filter: Document) =>
        new Set(known.filter((row) => passes(row, filter)).map(({ _id }) => _id));
      const there = kept.get(name) ?? (await read(await filterOf(query)));
      kept.set(name, there);
      return there;
    }
    const people = ['buyer-1', 'buyer-2', 'seller-3'];
    const asked: readonly (readonly PaymentQuery[])[] = [
      ...(['userId', 'buyerId', 'sellerId'] as const).map((field) => people.map((one) => ({ [field]: one }))),
      ...[[{ statuses: ['completed'] as const }], [{ network: 'bsc' }], [{ token: 'USDC' }]],
      ...[[{ direction: 'out' as const }], [{ fromMs: 200 }]],
    ];
    const combinations = asked.reduce<PaymentQuery[]>(
      (queries, more) => queries.flatMap((query) => [query, ...more.map((one) => ({ ...query, ...one }))]),
      [{}],
    );
    const narrowed = new Set<string>();
    for (const query of combinations) {
      const there = await ids(query);
      for (const field of Object.keys(query)) {
        const without = Object.fromEntries(Object.entries(query).filter(([name]) => name !== field));
        const wider = await ids(without);
        expect(
          [...there].every((id) => wider.has(id)),
          `${JSON.stringify(query)} without ${field}`,
        ).to.equal(true);
        if (there.size < wider.size) narrowed.add(field);
      }
    }
    expect(combinations).to.have.length(4 ** 3 * 2 ** 5);
    // What narrows nothing anywhere would be a filter that nobody heeds.
    expect(narrowed).to.have.lengthOf(asked.length);
    for (const userId of people) {
      const own = new Set(known.filter((row) => [row.buyerId, row.sellerId].includes(userId)).map(({ _id }) => _id));
      const found = await Promise.all(combinations.filter((query) => query.userId === userId).map(ids));
      expect(found.flatMap((there) => [...there].filter((id) => !own.has(id)))).to.deep.equal([]);
    }
  });

  it('go on behind a place, in both orders, to the last row and never twice', async () => {
    const tried = [
      { userId: 'buyer-2', token: 'USDC' },
      { network: 'bsc', statuses: ['pending', 'completed'] },
      { sellerId: 'seller-2', fromMs: 100, untilMs: 200 },
    ] satisfies PaymentQuery[];
    for (const query of tried) {
      for (const order of ['newestFirst', 'oldestFirst'] as const) {
        const seen: string[] = [];
        const plans = await plansOf(async () => {
          let page = await list(query, order);
          for (;;) {
            seen.push(...page.items.map(({ state }) => state.id));
            if (page.next === null) break;
            page = await opened.store.queries.payments(query, { limit, order, offset: 0, after: page.next });
          }
        });
        expect(seen).to.deep.equal(order === 'newestFirst' ? found(query) : found(query).toReversed());
        for (const { documents, sorts, isPage } of plans) {
          expect(sorts).to.equal(false);
          if (isPage) expect(documents).to.be.at.most(limit + 5 + 4 * paymentStatuses.length);
        }
      }
    }
  });

  it('find what is named by its id or an external id, within what the reader may see', async () => {
    const wanted = known[7];
    if (wanted === undefined) throw new Error('no row');
    const idsOf = async (query: PaymentQuery) => (await list(query)).items.map(({ state }) => state.id);
    const named = (text: string) => ({ named: { text, chainIds: [56] } });
    const plans = await plansOf(async () => {
      expect(await idsOf(named(wanted._id))).to.deep.equal([wanted._id]);
      expect(await idsOf(named('AMN_7'))).to.deep.equal([wanted._id]);
      expect(await idsOf({ buyerId: wanted.buyerId, ...named('AMN_7') })).to.deep.equal([wanted._id]);
      expect(await idsOf({ userId: wanted.sellerId, ...named('AMN_7') })).to.deep.equal([wanted._id]);
      expect(await idsOf({ buyerId: 'somebody-else', ...named('AMN_7') })).to.deep.equal([]);
      expect(await idsOf({ network: 'unknown', ...named('AMN_7') })).to.deep.equal([]);
      expect(await idsOf(named('AMN_'))).to.deep.equal([]);
    });
    for (const { plan, documents } of plans) {
      expect(plan).not.to.include('COLLSCAN');
      expect(documents).to.be.at.most(2);
    }
  });

  it('find what a transaction paid by its hash, on the chains that are asked', async () => {
    const state = buildState({ buyerId: 'payer' });
    const claims = [`tx:56:${hash}:0xreceiver:0xtoken`];
    const transition = buildTransition({ paymentId: state.id, state, claims });
    await opened.store.transitions.append([transition]);
    await opened.store.transitions.project(transition);
    const by = async (text: string, chainIds: number[]) =>
      (await list({ buyerId: 'payer', named: { text, chainIds } })).items.map((item) => item.state.id);
    const plans = await plansOf(async () => {
      expect(await by(hash, [1, 56])).to.deep.equal([state.id]);
      expect(await by(hash.replace('0x', '0X').toUpperCase().replace('0X', '0x'), [56])).to.deep.equal([state.id]);
      expect(await by(hash, [1])).to.deep.equal([]);
      expect(await by(`0x${'cd'.repeat(32)}`, [56])).to.deep.equal([]);
    });
    for (const { plan, documents } of plans) {
      expect(plan).not.to.include('COLLSCAN');
      expect(documents).to.be.at.most(1);
    }
  });
});
