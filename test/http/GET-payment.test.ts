import { expect } from 'chai';
import { paymentState, payoutState, recorded } from './records.ts';
import { standIn } from './standIn.ts';
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
    expect(answer.body.pagination).to.deep.equal({ total: 2, limit: 50, offset: 0 });
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

  it('pages', async () => {
    const answer = await books().as('admin').get('/api/payment?limit=1&offset=1');
    expect(idsOf(answer)).to.deep.equal([idOf('3')]);
    expect(answer.body.pagination).to.deep.equal({ total: 3, limit: 1, offset: 1 });
  });

  it('refuses unknown statuses, limits above 200 and filters nobody offered', async () => {
    const { as } = books();
    for (const query of [
      'status=paid',
      'status=',
      'limit=201',
      'limit=0',
      'offset=-1',
      'userId=buyer-2',
      'limit=1&limit=2',
    ]) {
      expectProblem(await as('buyer').get(`/api/payment?${query}`), 400, 'validation_failed');
    }
  });
});
