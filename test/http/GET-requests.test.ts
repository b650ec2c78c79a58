import { expect } from 'chai';
import { purchaseRequest } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

function marketplace() {
  const world = standIn();
  const add = (id: string, buyerId: string, status: 'open' | 'processing') =>
    world.requests.set(id, purchaseRequest({ id, buyerId, status }));
  add('mine', 'buyer-1', 'processing');
  add('theirs', 'buyer-2', 'open');
  return world;
}
const idsOf = (answer: { body: { data: { id: string }[] } }) => answer.body.data.map(({ id }) => id);

describe('GET /api/requests', () => {
  it('lists a buyer his own, a seller what is open, an operator all', async () => {
    const { as } = marketplace();
    expect(idsOf(await as('buyer').get('/api/requests'))).to.deep.equal(['mine']);
    expect(idsOf(await as('seller').get('/api/requests'))).to.deep.equal(['theirs']);
    expect(idsOf(await as('auditor').get('/api/requests'))).to.deep.equal(['mine', 'theirs']);
    expect(idsOf(await as('admin').get('/api/requests?status=open'))).to.deep.equal(['theirs']);
  });

  it('hides wallets from sellers', async () => {
    const answer = await marketplace().as('seller').get('/api/requests');
    expect(answer.body.data[0]).to.not.have.any.keys('buyerWallet', 'refundTo');
  });

  it('pages with limit and offset', async () => {
    const { as } = marketplace();
    const answer = await as('admin').get('/api/requests?limit=1&offset=1');
    expect(idsOf(answer)).to.deep.equal(['theirs']);
    expect(answer.body.pagination).to.deep.equal({ total: 2, limit: 1, offset: 1, nextCursor: null });
  });

  it('refuses limits above 200, unknown filters and filters given twice', async () => {
    const { as } = marketplace();
    for (const query of [
      'limit=201',
      'limit=-1',
      'limit=x',
      'buyerId=buyer-2',
      'status=open&status=payment',
      'status[$ne]=open',
    ]) {
      expectProblem(await as('admin').get(`/api/requests?${query}`), 400, 'validation_failed');
    }
  });
});
