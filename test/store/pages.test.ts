import { expect } from 'chai';
import type { PaymentStatus, State } from '../../server/domain/state.ts';
import type { PageWanted, Place } from '../../server/ports/pages.ts';
import type { PaymentQuery } from '../../server/ports/paymentReads.ts';
import { buildOffer, buildRequest, buildState, buildTransition, randomIds } from '../support/factories.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const first: PageWanted = { limit: 50, order: 'newestFirst', offset: 0, after: null };

describe('pages of lists', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());

  const market = () => opened.store.marketplace;
  const add = async (overrides: Parameters<typeof buildState>[0]) => {
    const state = buildState(overrides);
    await opened.store.transitions.project(buildTransition({ paymentId: state.id, state }));
    return state.id;
  };
  /** Many payments with the row that one left behind. */
  async function addMany(
    count: number,
    buyerId: string,
    of: (n: number) => { status: PaymentStatus; openedAtMs: number },
  ) {
    const rows = opened.database.collection<{ _id: string; state: object }>('payments');
    const row = await rows.findOne({ _id: await add({ buyerId: 'template' }) });
    if (row === null) throw new Error('no row');
    const copies = Array.from({ length: count }, (_, n) => {
      const id = randomIds.payment();
      return { ...row, _id: id, buyerId, ...of(n), state: { ...row.state, id, buyerId, ...of(n) } };
    });
    await rows.insertMany(copies, { writeConcern: { w: 'majority' } });
    return copies;
  }
  const payments = (query: PaymentQuery, wanted: Partial<PageWanted> = {}) =>
    opened.store.queries.payments(query, { ...first, ...wanted });
  const idsOf = ({ items }: Awaited<ReturnType<typeof payments>>) => items.map(({ state }) => state.id);

  /** What the database did for the store while `work` ran. */
  async function done(work: () => Promise<unknown>) {
    const { database } = opened;
    await database.command({ profile: 2 });
    await work().finally(() => database.command({ profile: 0 }));
    const profile = database.collection('system.profile');
    const reads = { ns: /payments$/, appName: { $exists: true }, op: { $in: ['query', 'command', 'getmore'] } };
    const found = await profile.find(reads).sort({ $natural: 1 }).toArray();
    await profile.drop();
    return found.map(({ op, docsExamined, keysExamined, hasSortStage }) => ({
      ...{ op: String(op), documents: Number(docsExamined), keys: Number(keysExamined), sorts: hasSortStage === true },
    }));
  }

  it('give each of 1,000 payments once and in order while new ones are opened, at the same cost wherever they begin', async () => {
    const buyerId = `buyer-${randomIds.payment()}`;
    // Three of a moment: a page that ends among them must neither repeat nor skip.
    const known = await addMany(1_000, buyerId, (n) => ({
      ...{ status: n % 2 ? 'completed' : 'pending', openedAtMs: Math.floor(n / 3) },
    }));
    const query: PaymentQuery = { buyerId, statuses: ['completed', 'pending'] };
    const pages: string[][] = [];
    const costs = await done(async () => {
      let after: Place | null = null;
      do {
        const page: Awaited<ReturnType<typeof payments>> = await payments(query, { after });
        expect(page.total).to.equal(after === null ? 1_000 : null);
        pages.push(idsOf(page));
        after = page.next;
        await add({ buyerId, openedAtMs: 333 });
      } while (after !== null);
    });
    const newestFirst = known.toSorted((a, b) => b.openedAtMs - a.openedAtMs || (a._id < b._id ? 1 : -1));
    expect(pages.flat()).to.deep.equal(newestFirst.map(({ _id }) => _id));
    expect(pages.map(({ length }) => length)).to.deep.equal(Array(20).fill(50));
    // One query a page, and one count when the list is entered.
    expect(costs.map(({ op }) => op)).to.deep.equal(['query', 'command', ...Array(19).fill('query')]);
    const [count] = costs.splice(1, 1);
    expect(count?.documents).to.equal(0);
    for (const { documents, keys, sorts } of costs) {
      // One row more than is shown, those of the moment at which the page before ended, and one key of each status.
      expect(documents, 'documents').to.be.within(50, 54);
      expect(keys, 'keys').to.be.within(50, 58);
      expect(sorts).to.equal(false);
    }
  });

  it('show only what was asked for without reading the rest: one status among many', async () => {
    const buyerId = `buyer-${randomIds.payment()}`;
    await addMany(200, buyerId, (n) => ({ status: n < 190 ? 'pending' : 'completed', openedAtMs: n }));
    const costs = await done(async () =>
      expect((await payments({ buyerId, statuses: ['completed'] })).total).to.equal(10),
    );
    expect(costs).to.deep.equal([{ op: 'query', documents: 10, keys: 10, sorts: false }]);
    const all = await done(async () => expect((await payments({ buyerId }, { limit: 5 })).total).to.equal(200));
    expect(all.map(({ documents }) => documents)).to.deep.equal([6, 0]);
  });

  it('run in both orders, and of 150 payments in one answer', async () => {
    const buyerId = `buyer-${randomIds.payment()}`;
    const known = await addMany(160, buyerId, (n) => ({ status: 'pending', openedAtMs: n }));
    const wanted = { limit: 150, order: 'oldestFirst' } as const;
    const costs = await done(async () => {
      const page = await payments({ buyerId }, wanted);
      const rest = await payments({ buyerId }, { ...wanted, after: page.next });
      expect([...idsOf(page), ...idsOf(rest)]).to.deep.equal(known.map(({ _id }) => _id));
    });
    expect(costs.map(({ op }) => op)).to.deep.equal(['query', 'command', 'query']);
  });

  it('leave out the money of nobody, which is no payment', async () => {
    const id = `suspense-bsc-${randomIds.payment()}`;
    const { asset } = buildState();
    const state = {
      ...buildState({ id, buyerId: '', sellerId: '', asset }),
      direction: 'suspense',
    } as unknown as State;
    await opened.store.transitions.project(buildTransition({ paymentId: id, state }));
    const { items } = await payments({ statuses: ['pending'] }, { limit: 200 });
    expect(new Set(items.map((item) => item.state.direction))).to.deep.equal(new Set(['in']));
  });

  it('count from what was passed by when the last row is reached by an offset, and when nothing is left', async () => {
    const buyerId = `buyer-${randomIds.payment()}`;
    await addMany(7, buyerId, (n) => ({ status: 'pending', openedAtMs: n }));
    const totals = [0, 5, 7, 9].map(async (offset) => (await payments({ buyerId }, { limit: 5, offset })).total);
    expect(await Promise.all(totals)).to.deep.equal([7, 7, 7, 7]);
  });

  it('of requests and offers go on behind a place as well', async () => {
    const buyerId = `buyer-${randomIds.payment()}`;
    const requests = Array.from({ length: 5 }, (_, n) => buildRequest({ buyerId, createdAtMs: Math.floor(n / 2) }));
    for (const request of requests) await market().insertRequest(request);
    const [{ id: requestId } = { id: '' }] = requests;
    for (let n = 0; n < 5; n += 1)
      await market().insertOffer(buildOffer({ requestId, createdAtMs: Math.floor(n / 2) }));
    for (const read of [
      (page: PageWanted) => market().listRequests({ buyerId }, page),
      (page: PageWanted) => market().listOffers({ requestId }, page),
    ]) {
      const seen: { id: string; createdAtMs: number }[] = [];
      let after: Place | null = null;
      do {
        const page: Awaited<ReturnType<typeof read>> = await read({ ...first, limit: 2, after });
        seen.push(...page.items);
        after = page.next;
      } while (after !== null);
      expect(new Set(seen.map(({ id }) => id)).size).to.equal(5);
      expect(seen.map(({ createdAtMs }) => createdAtMs)).to.deep.equal([2, 1, 1, 0, 0]);
    }
  });
});
