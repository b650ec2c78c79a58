import { expect } from 'chai';
import { purchaseRequest, sellerOffer } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/requests/request-1';
function marketplace(status: 'open' | 'processing') {
  const world = standIn();
  world.requests.set('request-1', purchaseRequest({ status }));
  world.offers.push(sellerOffer());
  return world;
}

describe('GET /api/requests/:id', () => {
  it('shows an open request to any seller and a closed one only to those who bid', async () => {
    expect((await marketplace('open').as('seller', 'seller-2').get(path)).status).to.equal(200);
    const closed = marketplace('processing');
    expect((await closed.as('seller').get(path)).status).to.equal(200);
    expectProblem(await closed.as('seller', 'seller-2').get(path), 404, 'not_found');
  });

  it('answers another buyer as if there were none', async () => {
    const { as } = marketplace('open');
    const foreign = await as('buyer', 'buyer-2').get(path);
    const missing = await as('buyer', 'buyer-2').get('/api/requests/request-9');
    expectProblem(foreign, 404, 'not_found');
    expect(foreign.body.message).to.equal(missing.body.message);
  });

  it('shows wallets to the buyer and to operators only', async () => {
    const { as } = marketplace('open');
    expect((await as('buyer').get(path)).body.data).to.have.property('buyerWallet');
    expect((await as('auditor').get(path)).body.data).to.have.property('buyerWallet');
    expect((await as('seller').get(path)).body.data).to.not.have.property('buyerWallet');
  });

  it('finds nothing under an id that cannot be one', async () => {
    expectProblem(await marketplace('open').as('admin').get('/api/requests/a%2F..%2Fb'), 404, 'not_found');
    expectProblem(await marketplace('open').as('admin').get('/api/requests/%E0%A4%A'), 404, 'not_found');
  });
});
