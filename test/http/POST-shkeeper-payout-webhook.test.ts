import { BlockList } from 'node:net';
import { expect } from 'chai';
import request from 'supertest';
import { signBody } from '../../server/providers/shkeeper/signature.ts';
import type { PayoutReport } from '../../server/providers/shkeeper/translate.ts';
import { nowMs, standIn, type World, webhookKey } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/payout/webhook';
const seconds = nowMs / 1000;
const callback = JSON.stringify({
  payout_id: 1,
  external_id: 'p-7-0',
  status: 'SUCCESS',
  tx_hash: `0x${'12'.repeat(32)}`,
});

const deliver = ({ app }: World, body: string, key = webhookKey) =>
  request(app)
    .post(path)
    .set('x-shkeeper-timestamp', String(seconds))
    .set('x-shkeeper-signature', signBody(key, seconds, Buffer.from(body)))
    .type('application/json')
    .send(body);

describe('POST /api/payment/shkeeper/payout/webhook', () => {
  it('acknowledges a signed callback and hands it on as a reason to look', async () => {
    const world = standIn({ commands: { recordPayoutCallback: async () => 'accepted' } });
    const answer = await deliver(world, callback);
    expect([answer.status, answer.body]).to.deep.equal([202, { success: true }]);
    const input = world.calls[0]?.input as { callback: PayoutReport; rawBody: Buffer };
    expect(world.calls[0]?.command).to.equal('recordPayoutCallback');
    expect(input.callback).to.include({ payoutId: '1', externalId: 'p-7-0', status: 'SUCCESS' });
    expect(input.rawBody.toString()).to.equal(callback);
  });

  it('refuses a forged callback', async () => {
    const world = standIn();
    expectProblem(await deliver(world, callback, 'other'), 401, 'invalid_signature');
    expect(world.counted[0]).to.match(/^shkeeper-payout:refused:/);
  });

  it('refuses a signed callback from an address that is not listed', async () => {
    const world = standIn({ settings: { webhookSources: new BlockList() } });
    expectProblem(await deliver(world, callback), 401, 'invalid_signature');
    expect(world.counted).to.deep.equal(['shkeeper-payout:refused:source_not_listed']);
    expect(world.calls).to.deep.equal([]);
  });

  it('refuses forged bytes that no callback could be read from as well, and keeps nothing: strangers fill no store', async () => {
    const world = standIn();
    for (const body of ['', '{', '[]', '{"status":"SUCCESS"}']) {
      expectProblem(await deliver(world, body, 'other'), 401, 'invalid_signature');
    }
    expect(world.kept).to.deep.equal([]);
  });

  it('keeps a callback it cannot read and acknowledges it', async () => {
    const world = standIn();
    expect((await deliver(world, '{"status":"SUCCESS"}')).status).to.equal(202);
    expect(world.kept[0]).to.include({ provider: 'shkeeper-payout', outcome: 'unreadable' });
  });

  it('asks for a repeat when the look could not be scheduled', async () => {
    const recordPayoutCallback = async () => {
      throw new Error('no database');
    };
    expectProblem(await deliver(standIn({ commands: { recordPayoutCallback } }), callback), 503, 'busy');
  });
});
