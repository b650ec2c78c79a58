import { expect } from 'chai';
import request from 'supertest';
import { paymentStatuses } from '../../server/domain/state.ts';
import type { AppDeps } from '../../server/http/appDeps.ts';
import type { PaymentReports, StatusSum } from '../../server/ports/paymentReads.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const token = { token: 'USDT', decimals: 18 };
const network = (name: string) => (name === 'bsc' ? ({ name, tokens: [token] } as never) : null);
const gateway: AppDeps['gateway'] = { checksum: (address) => address, network, networks: () => [] };
const sums: readonly StatusSum[] = [
  { direction: 'in', network: 'bsc', token: 'USDT', status: 'completed', count: 3, amount: 12n * 10n ** 17n },
  { direction: 'in', network: 'bsc', token: 'USDT', status: 'pending', count: 1, amount: 5n },
  { direction: 'in', network: 'gone', token: 'OLD', status: 'completed', count: 2, amount: 10n ** 40n },
  { direction: 'out', network: 'bsc', token: 'USDT', status: 'completed', count: 4, amount: 1n },
];

function books() {
  const asked: object[] = [];
  const paymentReports: PaymentReports = {
    async sums(party) {
      asked.push(party);
      return sums;
    },
    async *each() {},
  };
  return { ...standIn({ deps: { paymentReports, gateway } }), asked };
}

describe('GET /api/payment/stats', () => {
  it('counts every status and sums prices by network and token in exact decimals, payouts apart', async () => {
    const { body } = await books().as('admin').get('/api/payment/stats');
    const none = Object.fromEntries(paymentStatuses.map((status) => [status, 0]));
    expect(body.data.payments).to.deep.equal({
      total: 6,
      counts: { ...none, completed: 5, pending: 1 },
      sums: [
        {
          network: 'bsc',
          token: 'USDT',
          status: 'completed',
          count: 3,
          amount: '1.2',
          baseUnits: '1200000000000000000',
        },
        { network: 'bsc', token: 'USDT', status: 'pending', count: 1, amount: '0.000000000000000005', baseUnits: '5' },
        { network: 'gone', token: 'OLD', status: 'completed', count: 2, amount: null, baseUnits: `1${'0'.repeat(40)}` },
      ],
    });
    expect(body.data.payouts).to.deep.include({ total: 4, counts: { ...none, completed: 4 } });
    expect(body).to.have.nested.property('data.asOf', '2026-11-21T12:00:00.000Z');
  });

  it('tells everybody only what is his, and operators all, read once for all of them', async () => {
    const { as, asked } = books();
    await as('buyer').get('/api/payment/stats');
    await as('seller').get('/api/payment/stats');
    await Promise.all((['admin', 'auditor', 'admin'] as const).map((role) => as(role).get('/api/payment/stats')));
    await as('seller').get('/api/payment/stats/seller-1');
    await as('auditor').get('/api/payment/stats/anybody');
    expect(asked).to.deep.equal([
      { buyerId: 'buyer-1' },
      { sellerId: 'seller-1' },
      {},
      { userId: 'seller-1' },
      { userId: 'anybody' },
    ]);
  });

  it('wants a token, and answers strangers as if there were nobody', async () => {
    const { app, as, asked } = books();
    for (const path of ['/api/payment/stats', '/api/payment/stats/buyer-1'])
      expectProblem(await request(app).get(path), 401, 'not_authenticated');
    for (const userId of ['buyer-2', 'nobody', 'ledger'])
      expectProblem(await as('buyer').get(`/api/payment/stats/${userId}`), 404, 'not_found');
    expectProblem(await as('buyer').get('/api/payment/stats?userId=buyer-2'), 400, 'validation_failed');
    expect(asked).to.deep.equal([]);
  });
});
