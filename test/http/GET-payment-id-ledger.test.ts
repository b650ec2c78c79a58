import { expect } from 'chai';
import request from 'supertest';
import { paymentLedger } from '../../server/http/endpoints/ledger.ts';
import { ether, withBooks } from './books.ts';
import { paymentId } from './records.ts';
import { nowMs } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = `/api/payment/${paymentId}/ledger`;
const asset = 'bsc:USDT';
const held = `held:contract:${paymentId}`;

function world() {
  const asked: unknown[] = [];
  const books = withBooks({
    paymentBalances: async () => ({ asOfSeq: 7, balances: [{ account: held, asset, amount: 100n * ether + 1n }] }),
    statement: async (...input) => {
      asked.push(input);
      const leg = { account: 'buyer:ann', asset: 'bsc:0xabc', amount: -5n, balance: -12n };
      return [{ seq: 4, kind: 'transferConfirmed', atMs: nowMs, actor: 'monitor', legs: [leg] }];
    },
  });
  return { ...books, asked };
}

describe('GET /api/payment/:id/ledger', () => {
  it('answers balances to the last unit, and the statement with running balances', async () => {
    const { as } = world();
    for (const role of ['admin', 'auditor'] as const) {
      const { status, body } = await as(role).get(path);
      expect(status).to.equal(200);
      expect(paymentLedger.answer.safeParse(body).error).to.equal(undefined);
      expect(body.data.balances).to.deep.equal([
        {
          account: held,
          network: 'bsc',
          token: 'USDT',
          amount: '100.000000000000000001',
          baseUnits: '100000000000000000001',
        },
      ]);
      expect([body.data.asOfSeq, body.data.nextAfter]).to.deep.equal([7, 4]);
      // Nobody knows the decimals of a token that is not listed.
      const leg = { account: 'buyer:ann', network: 'bsc', token: '0xabc', amount: null, baseUnits: '-5' };
      expect(body.data.statement[0].legs).to.deep.equal([{ ...leg, balance: null, balanceBaseUnits: '-12' }]);
    }
  });

  it('asks for the page that the caller names, and stays where it is at the end', async () => {
    const { as, asked } = world();
    await as('admin').get(`${path}?after=3&limit=2`);
    expect(asked).to.deep.equal([[paymentId, 3, 2]]);
    const end = withBooks({ paymentBalances: async () => ({ asOfSeq: 7, balances: [] }) });
    expect((await end.as('admin').get(`${path}?after=7`)).body.data).to.include({ nextAfter: 7, asOfSeq: 7 });
  });

  it('is for operators alone, parties of the payment included', async () => {
    const { app, as } = world();
    expectProblem(await request(app).get(path), 401, 'not_authenticated');
    for (const role of ['buyer', 'seller'] as const) expectProblem(await as(role).get(path), 403, 'forbidden');
  });

  it('refuses ids, pages and parameters that it does not know, and answers 404 for a payment without a log', async () => {
    const { as } = world();
    for (const bad of [
      '/api/payment/xyz/ledger',
      `${path}?limit=0`,
      `${path}?limit=201`,
      `${path}?after=-1`,
      `${path}?x=1`,
    ])
      expect((await as('admin').get(bad)).status, bad).to.be.oneOf([400, 404]);
    expectProblem(await as('admin').get(`${path}?limit=0`), 400, 'validation_failed');
    expectProblem(await withBooks({}).as('admin').get(path), 404, 'not_found');
  });
});
