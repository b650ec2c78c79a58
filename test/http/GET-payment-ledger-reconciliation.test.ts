import { expect } from 'chai';
import request from 'supertest';
import { listReconciliations } from '../../server/http/endpoints/ledger.ts';
import type { ReconciliationReport } from '../../server/ports/reconciliation.ts';
import { ether } from './books.ts';
import { nowMs, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/ledger/reconciliation';
const unread = { comparison: 'escrow', asset: 'bsc:0xabc', outcome: 'unknown', reason: 'asset_not_listed' } as const;
const report: ReconciliationReport = {
  night: '2026-11-21',
  startedAtMs: nowMs,
  finishedAtMs: nowMs + 1_000,
  networks: [{ network: 'bsc', block: 12, addresses: 3 }],
  rows: [
    {
      ...{ comparison: 'treasury', asset: 'bsc:USDT', outcome: 'differs', reason: 'treasury_short', decimals: 18 },
      ...{ expected: 99n * ether, found: 98n * ether, difference: -ether },
    },
    { ...unread, decimals: null, expected: 5n, found: null, difference: null },
  ],
};

function world() {
  const asked: number[] = [];
  const newest = async (limit: number) => {
    asked.push(limit);
    return [report];
  };
  return { ...standIn({ deps: { reports: { newest } } }), asked };
}

describe('GET /api/payment/ledger/reconciliation', () => {
  it('answers the newest nights with both numbers, the difference and its likely reason', async () => {
    const { as, asked } = world();
    for (const role of ['admin', 'auditor'] as const) {
      const { status, body } = await as(role).get(path);
      expect(status).to.equal(200);
      expect(listReconciliations.answer.safeParse(body).error).to.equal(undefined);
      const [night] = body.data;
      expect(night).to.deep.include({ night: '2026-11-21', differences: 1, networks: report.networks });
      expect(night.rows[0]).to.deep.equal({
        ...{ comparison: 'treasury', network: 'bsc', token: 'USDT', outcome: 'differs', reason: 'treasury_short' },
        ...{ expected: '99', found: '98', difference: '-1', differenceBaseUnits: '-1000000000000000000' },
      });
      expect(night.rows[1]).to.include({ token: '0xabc', expected: null, found: null, differenceBaseUnits: null });
    }
    await as('admin').get(`${path}?limit=31`);
    expect(asked).to.deep.equal([7, 7, 31]);
  });

  it('is for operators alone, and takes a month at most', async () => {
    const { app, as } = world();
    expectProblem(await request(app).get(path), 401, 'not_authenticated');
    for (const role of ['buyer', 'seller'] as const) expectProblem(await as(role).get(path), 403, 'forbidden');
    for (const query of ['limit=0', 'limit=32', 'limit=x', 'night=2026-11-21'])
      expectProblem(await as('admin').get(`${path}?${query}`), 400, 'validation_failed');
  });
});
