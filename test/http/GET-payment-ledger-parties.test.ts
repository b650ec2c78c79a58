import { expect } from 'chai';
import request from 'supertest';
import { AppError } from '../../server/errors.ts';
import { partyLedger } from '../../server/http/endpoints/ledger.ts';
import { ether, withBooks } from './books.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/ledger/parties/sam';
const asset = 'bsc:USDT';

describe('GET /api/payment/ledger/parties/:userId', () => {
  it('answers what one user paid, was paid and is owed, and for which payments', async () => {
    const asked: unknown[] = [];
    const { as } = withBooks({
      partyBalances: async (...input) => {
        asked.push(input);
        const balances = [{ account: 'owed:seller:sam', asset, amount: 3n * ether }];
        return { balances, open: [{ account: 'owed:seller:sam:p', asset, amount: ether / 2n }], openTotal: 2 };
      },
    });
    for (const role of ['admin', 'auditor'] as const) {
      const { status, body } = await as(role).get(path);
      expect(status).to.equal(200);
      expect(partyLedger.answer.safeParse(body).error).to.equal(undefined);
      expect(body.data).to.deep.include({ userId: 'sam', openTotal: 2 });
      expect(body.data.balances[0]).to.include({
        account: 'owed:seller:sam',
        amount: '3',
        network: 'bsc',
        token: 'USDT',
      });
      expect(body.data.open[0]).to.include({ account: 'owed:seller:sam:p', amount: '0.5' });
    }
    expect(asked).to.deep.equal([
      ['sam', 100],
      ['sam', 100],
    ]);
  });

  it('is for operators alone, also when a user asks about himself', async () => {
    const { app, as } = withBooks({});
    expectProblem(await request(app).get(path), 401, 'not_authenticated');
    expectProblem(await as('seller', 'sam').get(path), 403, 'forbidden');
    expectProblem(await as('buyer', 'sam').get(path), 403, 'forbidden');
  });

  it('takes ids of users and nothing that could reach into other accounts', async () => {
    const { as } = withBooks({});
    for (const bad of ['a:b', 'a;b', '%24ne', 'x'.repeat(65)])
      expectProblem(await as('admin').get(`/api/payment/ledger/parties/${bad}`), 404, 'not_found');
    expectProblem(await as('admin').get(`${path}?limit=1`), 400, 'validation_failed');
  });

  it('says when a user has more in the books than can be summed at once', async () => {
    const { as } = withBooks({
      partyBalances: async () => Promise.reject(new AppError('report_too_large', 'Too large.')),
    });
    expectProblem(await as('admin').get(path), 503, 'report_too_large');
  });
});
