import { expect } from 'chai';
import request from 'supertest';
import { trialBalance } from '../../server/http/endpoints/ledger.ts';
import type { KindSum } from '../../server/ports/books.ts';
import { ether, withBooks } from './books.ts';
import { nowMs } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/ledger/trial-balance';
const sum = (kind: string, amount: bigint, asset = 'bsc:USDT'): KindSum => ({ kind, amount, asset });

describe('GET /api/payment/ledger/trial-balance', () => {
  it('answers every kind of account with its place, and that every asset sums to zero', async () => {
    let sums = 0;
    const { as } = withBooks({
      trialBalance: async () => {
        sums += 1;
        return [
          sum('buyer', -100n * ether),
          sum('held:contract', 99n * ether),
          sum('fees', ether),
          sum('suspense', 0n, 'eth:0xabc'),
        ];
      },
    });
    for (const role of ['admin', 'auditor'] as const) {
      const { status, body } = await as(role).get(path);
      expect(status).to.equal(200);
      expect(trialBalance.answer.safeParse(body).error).to.equal(undefined);
      expect(body.data).to.include({ balanced: true, asOf: new Date(nowMs).toISOString() });
      const [usdt, other] = body.data.assets;
      expect(usdt).to.include({ network: 'bsc', token: 'USDT', balanced: true, total: '0', totalBaseUnits: '0' });
      expect(usdt.kinds[0]).to.deep.equal({
        kind: 'buyer',
        place: 'outside',
        amount: '-100',
        baseUnits: '-100000000000000000000',
      });
      expect(usdt.kinds[1]).to.include({ place: 'contract' });
      expect(other).to.include({ token: '0xabc', total: null });
    }
    // It reads the whole log: who asks again at once shares the answer.
    expect(sums).to.equal(1);
  });

  it('says which asset does not balance, and shows accounts that the books do not have', async () => {
    const { as } = withBooks({
      trialBalance: async () => [sum('buyer', -2n), sum('pocket', 1n), sum('fees', 3n, 'eth:USDC')],
    });
    const { body } = await as('admin').get(path);
    expect(body.data.balanced).to.equal(false);
    expect(body.data.assets[0]).to.include({ balanced: false, totalBaseUnits: '-1' });
    expect(body.data.assets[0].kinds[1]).to.include({ kind: 'pocket', place: 'unknown' });
  });

  it('is for operators alone, and takes no parameters', async () => {
    const { app, as } = withBooks({});
    expectProblem(await request(app).get(path), 401, 'not_authenticated');
    for (const role of ['buyer', 'seller'] as const) expectProblem(await as(role).get(path), 403, 'forbidden');
    expectProblem(await as('admin').get(`${path}?asset=bsc`), 400, 'validation_failed');
  });
});
