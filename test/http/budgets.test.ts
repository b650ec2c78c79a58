import { expect } from 'chai';
import { policies } from '../../server/http/policies.ts';
import { paymentId, purchaseRequest, sellerOffer } from './records.ts';
import { rateLimits, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const commands = { postRequest: async () => purchaseRequest(), placeOffer: async () => sellerOffer() };

describe('the budget for opening something', () => {
  it('is counted per user, over everything he opens', async () => {
    const { as, calls } = standIn({ commands, settings: { rateLimits: { ...rateLimits, createPerMinute: 2 } } });
    for (let n = 0; n < 2; n += 1) await as('buyer').post('/api/requests', { title: 'A chair' });
    expectProblem(await as('buyer').post('/api/requests', { title: 'A chair' }), 429, 'rate_limited');
    expectProblem(await as('buyer').post('/api/payment/shkeeper/intents', {}), 429, 'rate_limited');
    expect(calls).to.have.length(2);
    for (let n = 0; n < 2; n += 1) await as('seller').post('/api/requests/request-1/offers', { amount: 1 });
    expectProblem(await as('seller').post('/api/requests/request-1/offers', { amount: 1 }), 429, 'rate_limited');
  });
});

describe('the budget for moving money', () => {
  const path = '/api/payment/shkeeper/payout/p-7-0/resolve';
  const resolve = { resolvePayout: async () => ({ payoutId: paymentId, status: 'failed' }) };

  it('is counted per user over every route that moves money, and is its own', async () => {
    const { as, calls } = standIn({
      commands: { ...commands, ...resolve },
      settings: { rateLimits: { ...rateLimits, moneyPerMinute: 2 } },
    });
    for (let n = 0; n < 2; n += 1) expect((await as('admin').post(path, { outcome: 'notSent' })).status).to.equal(200);
    for (const other of [path, '/api/payment/shkeeper/payout', `/api/payment/shkeeper/${paymentId}/refund`])
      expectProblem(await as('admin').post(other, {}), 429, 'rate_limited');
    expect(calls).to.have.length(2);
    expect((await as('admin', 'admin-2').post(path, { outcome: 'notSent' })).status).to.equal(200);
    expect((await as('buyer').post('/api/requests', { title: 'A chair' })).status).to.equal(201);
  });

  it('stands before every change that demands a second factor because it moves money', () => {
    const moving = Object.entries(policies).filter(
      ([operation, rule]) => 'stepUp' in rule && rule.stepUp && !operation.includes('api-keys'),
    );
    expect(moving).to.have.length.of.at.least(7);
    for (const [operation, rule] of moving) expect('limit' in rule && rule.limit, operation).to.equal('money');
  });
});

describe('the budget for reading', () => {
  it('is counted per user, over everything he reads and nothing else', async () => {
    const { as } = standIn({ commands, settings: { rateLimits: { ...rateLimits, readPerMinute: 2 } } });
    expect((await as('buyer').get('/api/payment')).status).to.equal(200);
    expect((await as('buyer').get('/api/requests')).status).to.equal(200);
    for (const path of ['/api/payment', `/api/payment/${paymentId}`, `/api/payment/${paymentId}/events`]) {
      expectProblem(await as('buyer').get(path), 429, 'rate_limited');
    }
    expect((await as('seller').get('/api/payment')).status).to.equal(200);
    expect((await as('buyer').post('/api/requests', { title: 'A chair' })).status).to.equal(201);
  });

  it('does not bind operators, who read over everybody', async () => {
    const { as } = standIn({ settings: { rateLimits: { ...rateLimits, readPerMinute: 1 } } });
    const asked = await Promise.all(Array.from({ length: 5 }, () => as('auditor').get('/api/payment')));
    expect(asked.map(({ status }) => status)).to.deep.equal([200, 200, 200, 200, 200]);
  });

  it('stands before every read of a user, or the tighter one where the read makes us look outside or through everything', () => {
    const reads = Object.entries(policies).filter(
      ([operation, { access }]) => operation.startsWith('GET') && typeof access !== 'string',
    );
    const other = reads.filter(([, rule]) => !('limit' in rule) || rule.limit !== 'read');
    expect(other.map(([operation, rule]) => [operation, 'limit' in rule && rule.limit])).to.have.deep.members([
      ['GET /api/payment/:id/audit', 'hint'],
      ['GET /api/payment/:id/debug', 'hint'],
      ['GET /api/payment/stats', 'hint'],
      ['GET /api/payment/stats/:userId', 'hint'],
      ['GET /api/payment/export', 'hint'],
      ['GET /api/payment/export/:userId', 'hint'],
    ]);
  });
});
