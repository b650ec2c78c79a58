import { expect } from 'chai';
import type { AppDeps } from '../../server/http/appDeps.ts';
import type { PageWanted } from '../../server/ports/pages.ts';
import type { PaymentQuery } from '../../server/ports/paymentReads.ts';
import { paymentState, payoutState, recorded } from './records.ts';
import { nowMs, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const idOf = (digit: string) => digit.repeat(24);
function books() {
  const world = standIn();
  const add = (state: ReturnType<typeof paymentState> | ReturnType<typeof payoutState>) =>
    world.payments.set(state.id, recorded(state));
  add(paymentState({ id: idOf('1'), status: 'completed' }));
  add(paymentState({ id: idOf('2'), status: 'pending' }));
  add(paymentState({ id: idOf('3'), status: 'completed', buyerId: 'buyer-2' }));
  add(payoutState({ id: idOf('4'), status: 'completed' }));
  return world;
}
const idsOf = (answer: { body: { data: { id: string }[] } }) => answer.body.data.map(({ id }) => id);

describe('GET /api/payment', () => {
  it("lists the caller's completed payments, as the seed's default says", async () => {
    const { as } = books();
    const answer = await as('buyer').get('/api/payment');
    expect(idsOf(answer)).to.deep.equal([idOf('1'), idOf('4')]);
    expect(answer.body.success).to.equal(true);
    expect(answer.body.pagination).to.deep.equal({ total: 2, limit: 50, offset: 0, nextCursor: null });
  });

  it('never lists what belongs to others, but all to operators', async () => {
    const { as } = books();
    expect(idsOf(await as('buyer', 'buyer-9').get('/api/payment'))).to.deep.equal([]);
    expect(idsOf(await as('seller', 'buyer-1').get('/api/payment'))).to.deep.equal([]);
    expect(idsOf(await as('auditor').get('/api/payment'))).to.deep.equal([idOf('1'), idOf('3'), idOf('4')]);
  });

  it('filters by status, where success means completed', async () => {
    const { as } = books();
    expect(idsOf(await as('buyer').get('/api/payment?status=pending'))).to.deep.equal([idOf('2')]);
    expect(idsOf(await as('buyer').get('/api/payment?status=success'))).to.deep.equal([idOf('1'), idOf('4')]);
  });

  it('pages by limit and offset, and goes on from there by cursor', async () => {
    const { as } = books();
    const answer = await as('admin').get('/api/payment?limit=1&offset=1');
    expect(idsOf(answer)).to.deep.equal([idOf('3')]);
    expect(answer.body.pagination).to.deep.include({ total: 3, limit: 1, offset: 1 });
    const next = await as('admin').get(`/api/payment?limit=2&cursor=${answer.body.pagination.nextCursor}`);
    expect(idsOf(next)).to.deep.equal([idOf('4')]);
    expect(next.body.pagination).to.deep.equal({ total: 3, limit: 2, offset: 2, nextCursor: null });
  });

  it('turns the order round on demand', async () => {
    const answer = await books().as('admin').get('/api/payment?sort=createdAt&limit=2');
    expect(idsOf(answer)).to.deep.equal([idOf('4'), idOf('3')]);
  });

  it('refuses a cursor of another list, of other filters or another sort, of somebody else, a made-up one, and one beside an offset', async () => {
    const { as } = books();
    const { nextCursor } = (await as('admin').get('/api/payment?limit=1')).body.pagination;
    const refused = [
      await as('admin').get(`/api/requests?cursor=${nextCursor}`),
      await as('admin').get(`/api/payment?status=pending&cursor=${nextCursor}`),
      await as('admin').get(`/api/payment?sort=createdAt&cursor=${nextCursor}`),
      await as('admin', 'admin-2').get(`/api/payment?cursor=${nextCursor}`),
      await as('auditor', 'admin-1').get(`/api/payment?cursor=${nextCursor}`),
      await as('admin').get(`/api/payment?cursor=${nextCursor}x`),
      await as('admin').get(`/api/payment?cursor=${nextCursor.slice(0, -4)}`),
      await as('admin').get('/api/payment?cursor='),
      await as('admin').get('/api/payment?cursor=100'),
      await as('admin').get(`/api/payment?offset=1&cursor=${nextCursor}`),
    ];
    for (const answer of refused) {
      expectProblem(answer, 400, 'validation_failed');
      expect(answer.body.errors[0].pointer).to.equal('#/query/cursor');
    }
    expect((await as('admin').get(`/api/payment?cursor=${nextCursor}`)).status).to.equal(200);
  });

  it('says so where it did not count to the end, and keeps what it counted for the pages that follow', async () => {
    const { payments } = books();
    const all = [...payments.values()];
    const place = { id: idOf('1'), atMs: nowMs };
    const page = async ({ after }: PageWanted) => ({
      ...{ items: all.slice(0, 1), next: after === null ? place : null },
      total: after === null ? 10_001 : null,
    });
    const queries = { payments: (_: unknown, wanted: PageWanted) => page(wanted) } as unknown as AppDeps['queries'];
    const { as } = standIn({ deps: { queries } });
    const first = (await as('admin').get('/api/payment?limit=1')).body.pagination;
    expect(first).to.deep.include({ total: 10_000, totalIsMinimum: true });
    const second = (await as('admin').get(`/api/payment?limit=1&cursor=${first.nextCursor}`)).body.pagination;
    expect(second).to.deep.equal({ total: 10_000, totalIsMinimum: true, limit: 1, offset: 1, nextCursor: null });
  });

  it('hands filters on within what is the caller’s, and shows only the fields that are named', async () => {
    const asked: PaymentQuery[] = [];
    const queries = {
      payments: async (query: PaymentQuery) => {
        asked.push(query);
        return { items: [recorded(paymentState())], next: null, total: 1 };
      },
    } as unknown as AppDeps['queries'];
    const { as } = standIn({ deps: { queries } });
    const hash = `0x${'Ab'.repeat(32)}`;
    const filters = `network=BSC&token=USDT&from=2026-11-01&to=2026-11-21T12:00:00%2B02:00&sellerId=seller-2&q=${hash}`;
    const answer = await as('buyer').get(`/api/payment?${filters}&fields=id,status,amountExact`);
    expect(answer.body.data).to.deep.equal([{ id: paymentState().id, status: 'pending', amountExact: '100' }]);
    await as('admin').get('/api/payment?buyerId=buyer-2&status=pending,success');
    const [first, second] = asked;
    expect(first).to.deep.equal({
      ...{ buyerId: 'buyer-1', sellerId: 'seller-2', statuses: ['completed'], network: 'bsc', token: 'USDT' },
      ...{ fromMs: Date.UTC(2026, 10, 1), untilMs: Date.UTC(2026, 10, 21, 10), named: { text: hash, chainIds: [] } },
    });
    expect(second).to.deep.equal({ buyerId: 'buyer-2', statuses: ['completed', 'pending'] });
  });

  it('never widens what a caller may see by a filter', async () => {
    const { as } = books();
    expectProblem(await as('buyer').get('/api/payment?buyerId=buyer-1'), 403, 'forbidden');
    expectProblem(await as('seller').get('/api/payment?buyerId=buyer-1'), 403, 'forbidden');
    const other = await as('seller').get('/api/payment?sellerId=seller-2');
    expect(other.body).to.deep.include({ data: [], success: true });
    expect(other.body.pagination).to.deep.include({ total: 0, nextCursor: null });
  });

  it('refuses unknown statuses, limits above 200 and filters nobody offered', async () => {
    const { as } = books();
    for (const query of [
      'status=paid',
      'status=',
      'limit=201',
      'limit=0',
      'offset=-1',
      'offset=10001',
      'sort=amount',
      'userId=buyer-2',
      'limit=1&limit=2',
      'network=a%20b',
      'token=$ne',
      'token[$ne]=x',
      'from=yesterday',
      'to=1700000000000',
      'q=a%20b',
      'q=',
      'fields=id,state',
      'fields=',
      'sellerId=%00',
    ]) {
      expectProblem(await as('buyer').get(`/api/payment?${query}`), 400, 'validation_failed');
    }
  });
});
