import { expect } from 'chai';
import { purchaseRequest, sellerOffer } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const commands = { postRequest: async () => purchaseRequest(), placeOffer: async () => sellerOffer() };
const rateLimits = { anonymousPerMinute: 1_000, hintPerMinute: 1_000, createPerMinute: 2 };

describe('the budget for opening something', () => {
  it('is counted per user, over everything he opens', async () => {
    const { as, calls } = standIn({ commands, settings: { rateLimits } });
    for (let n = 0; n < 2; n += 1) await as('buyer').post('/api/requests', { title: 'A chair' });
    expectProblem(await as('buyer').post('/api/requests', { title: 'A chair' }), 429, 'rate_limited');
    expectProblem(await as('buyer').post('/api/payment/shkeeper/intents', {}), 429, 'rate_limited');
    expect(calls).to.have.length(2);
    for (let n = 0; n < 2; n += 1) await as('seller').post('/api/requests/request-1/offers', { amount: 1 });
    expectProblem(await as('seller').post('/api/requests/request-1/offers', { amount: 1 }), 429, 'rate_limited');
  });
});
