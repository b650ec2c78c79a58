import { expect } from 'chai';
import { purchaseRequest, sellerOffer } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/requests/request-1/offers';
function marketplace() {
  const world = standIn();
  world.requests.set('request-1', purchaseRequest());
  world.offers.push(sellerOffer(), sellerOffer({ id: 'offer-2', sellerId: 'seller-2' }));
  return world;
}
const idsOf = (answer: { body: { data: { id: string }[] } }) => answer.body.data.map(({ id }) => id);

describe('GET /api/requests/:id/offers', () => {
  it('shows the buyer every offer and a seller only his own', async () => {
    const { as } = marketplace();
    expect(idsOf(await as('buyer').get(path))).to.deep.equal(['offer-1', 'offer-2']);
    expect(idsOf(await as('seller', 'seller-2').get(path))).to.deep.equal(['offer-2']);
    expect(idsOf(await as('seller', 'seller-3').get(path))).to.deep.equal([]);
  });

  it('answers page by page and says how many there are', async () => {
    const { body } = await marketplace().as('buyer').get(`${path}?limit=1&offset=1`);
    expect([idsOf({ body }), body.pagination]).to.deep.equal([
      ['offer-2'],
      { total: 2, limit: 1, offset: 1, nextCursor: null },
    ]);
  });

  it('keeps payout addresses from the buyer', async () => {
    const answer = await marketplace().as('buyer').get(path);
    expect(answer.body.data[0]).to.not.have.property('payoutAddress');
  });

  it('answers another buyer as if there were no request', async () => {
    expectProblem(await marketplace().as('buyer', 'buyer-2').get(path), 404, 'not_found');
  });
});
