import { expect } from 'chai';
import request from 'supertest';
import { paymentState, type payoutState, recorded } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const idOf = (digit: string) => digit.repeat(24);
function books() {
  const world = standIn();
  const add = (state: ReturnType<typeof paymentState> | ReturnType<typeof payoutState>) =>
    world.payments.set(state.id, recorded(state));
  add(paymentState({ id: idOf('1'), status: 'completed' }));
  add(paymentState({ id: idOf('2'), status: 'completed', buyerId: 'seller-1', sellerId: 'seller-2' }));
  add(paymentState({ id: idOf('3'), status: 'completed', buyerId: 'buyer-2', sellerId: 'seller-2' }));
  return world;
}
const idsOf = (answer: { body: { data: { id: string }[] } }) => answer.body.data.map(({ id }) => id);

describe('GET /api/payment/user/:userId', () => {
  it('lists what a user buys and what he sells, to himself and to operators', async () => {
    const { as } = books();
    for (const role of ['seller', 'admin', 'auditor'] as const)
      expect(idsOf(await as(role).get('/api/payment/user/seller-1')), role).to.deep.equal([idOf('1'), idOf('2')]);
  });

  it('tells nobody anything about others, whether they exist or not', async () => {
    const { as } = books();
    for (const userId of ['seller-1', 'nobody', 'BUYER-1'])
      expectProblem(await as('buyer').get(`/api/payment/user/${userId}`), 404, 'not_found');
  });

  it('wants a token', async () => {
    expectProblem(await request(books().app).get('/api/payment/user/buyer-1'), 401, 'not_authenticated');
  });

  it('filters, pages and names fields like the list of all, with cursors of its own', async () => {
    const { as } = books();
    expect(idsOf(await as('seller').get('/api/payment/user/seller-1?status=pending'))).to.deep.equal([]);
    const first = await as('seller').get('/api/payment/user/seller-1?limit=1&fields=id');
    expect(first.body.data).to.deep.equal([{ id: idOf('1') }]);
    const cursor = `limit=1&cursor=${first.body.pagination.nextCursor}`;
    expect(idsOf(await as('seller').get(`/api/payment/user/seller-1?${cursor}`))).to.deep.equal([idOf('2')]);
    expectProblem(await as('seller').get(`/api/payment?${cursor}`), 400, 'validation_failed');
    expectProblem(await as('seller').get('/api/payment/user/seller-1?limit=201'), 400, 'validation_failed');
  });

  it('takes a user of any name for a user, never for a payment or one of its parts', async () => {
    const { as } = books();
    for (const userId of ['stats', 'events', 'ledger', 'audit', 'debug'])
      expect((await as('admin').get(`/api/payment/user/${userId}`)).body.pagination, userId).to.include({ total: 0 });
    expectProblem(await as('admin').get('/api/payment/user/a%20b'), 404, 'not_found');
  });
});
