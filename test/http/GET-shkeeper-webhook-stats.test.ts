import { expect } from 'chai';
import { nowMs, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/webhook-stats';
const stats: Record<string, Record<string, number>> = {
  shkeeper: { accepted: 4, duplicate: 7, unmatched: 2, 'unmatched.foreign_external_id': 2, refused: 1 },
  'shkeeper-payout': { accepted: 1, unreadable: 1 },
};
const kept = {
  id: 'x',
  provider: 'shkeeper',
  outcome: 'unmatched',
  reason: 'foreign_external_id',
  receivedAtMs: nowMs,
  bytes: 2,
  body: '{}',
};
const providerEvents = {
  keep: async () => undefined,
  count: async () => undefined,
  stats: async (provider: string) => stats[provider] ?? {},
  list: async (limit: number) => [kept].slice(0, limit),
};

describe('GET /api/payment/shkeeper/webhook-stats', () => {
  it('counts both kinds of callbacks and shows admins what could not be used', async () => {
    const answer = await standIn({ deps: { providerEvents } }).as('admin').get(path);
    expect(answer.body.data).to.include({ success: 5, failure: 4, duplicates: 7 });
    expect(answer.body.data.counts).to.include({ accepted: 5, 'unmatched.foreign_external_id': 2 });
    const { receivedAtMs, ...rest } = kept;
    expect(answer.body.data.recent).to.deep.equal([{ ...rest, receivedAt: new Date(receivedAtMs).toISOString() }]);
  });

  it('is for admins alone', async () => {
    const { as } = standIn({ deps: { providerEvents } });
    for (const role of ['buyer', 'seller', 'auditor'] as const)
      expectProblem(await as(role).get(path), 403, 'forbidden');
  });
});
