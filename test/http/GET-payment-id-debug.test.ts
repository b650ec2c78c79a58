import { expect } from 'chai';
import request from 'supertest';
import type { AppDeps } from '../../server/http/appDeps.ts';
import { redact } from '../../server/http/redact.ts';
import { paymentId, paymentState, transition } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = `/api/payment/${paymentId}/debug`;
const canary = 'canary-that-nobody-may-see';

function world() {
  const settlement = {
    ...{ kind: 'release' as const, settleSeq: 0, toSeller: 1n, toBuyer: 0n, validUntil: 1, digest: '0xdd' },
    ...{ origin: 'held' as const, seenTxHash: null },
    signatures: [{ index: 0, signer: '0x1', signature: canary }],
  };
  const evidence = { rawBody: Buffer.from(canary), headers: { 'x-shkeeper-signature': canary }, signal: { kind: 'x' } };
  const naming = { provider: 'shkeeper', outcome: 'refused', reason: 'r', receivedAtMs: 0 };
  const providerEvents = {
    list: async () => [
      { ...naming, id: '1', body: `{"external_id":"AMN_${paymentId}","secret":"${canary}"}` },
      { ...naming, id: '2', body: `{"external_id":"AMN_${'9'.repeat(24)}"}` },
      { ...naming, id: '3', body: null },
    ],
  } as unknown as AppDeps['providerEvents'];
  const watching: AppDeps['watching'] = {
    finalized: async () => 0,
    cursor: async (chainId) => ({ chainId, blockNumber: 77, recent: [{ number: 77, hash: '0x' }] }),
    watched: async () => [],
    duePolls: async () => ({ count: 0, oldestMs: null }),
    ofPayment: async () => ({ work: [{ kind: 'poll', atMs: 1_000, leaseUntilMs: 0, attempts: 3 }], watch: null }),
  };
  const made = standIn({ deps: { providerEvents, watching } });
  for (let seq = 1; seq <= 60; seq += 1)
    made.transitions.push({ ...transition(seq), evidence, state: paymentState({ settlement }) });
  return made;
}

describe('GET /api/payment/:id/debug', () => {
  it('gathers state, steps, work, cursor and deliveries that name the payment, the steps cut to the newest', async () => {
    const { body, status, text } = await world().as('admin').get(path);
    expect(status, text).to.equal(200);
    expect(body.data).to.deep.include({ paymentId, seq: 60, watch: null, cursor: { block: 77, remembered: 1 } });
    expect(body.data.state).to.include({ id: paymentId, price: '100000000000000000000' });
    expect(body.data.steps).to.have.length(50);
    expect(body.data.work).to.deep.equal([
      { kind: 'poll', attempts: 3, at: '1970-01-01T00:00:01.000Z', leasedUntil: null },
    ]);
    expect(body.data.deliveries.map(({ id }: { id: string }) => id)).to.deep.equal(['1']);
    expect(body.data.unreadDeliveries).to.equal(1);
    expect(body.data.deliveries[0].body).to.have.keys('bytes', 'sha256');
  });

  it('shows no secret, no signature and no raw body', async () => {
    const { text } = await world().as('admin').get(path);
    expect(text).to.not.include(canary);
    expect(text).to.not.include(Buffer.from(canary).toString('base64'));
  });

  it('is for admins alone, and knows no other payments', async () => {
    const { app, as } = world();
    expectProblem(await request(app).get(path), 401, 'not_authenticated');
    for (const role of ['buyer', 'seller', 'auditor'] as const)
      expectProblem(await as(role).get(path), 403, 'forbidden');
    expectProblem(await as('admin').get(`/api/payment/${'0'.repeat(24)}/debug`), 404, 'not_found');
  });

  it('hides by name whatever may be a secret, and cuts what is long', () => {
    const names = [
      'apiKey',
      'API_KEY',
      'secretSealed',
      'totpSeed',
      'Authorization',
      'rawBody',
      'headers',
      'jwt',
      'password',
    ];
    for (const name of names) expect(JSON.stringify(redact({ [name]: canary })), name).to.not.include(canary);
    expect(redact({ token: 'USDT', hash: '0x1', amount: 5n })).to.deep.equal({
      token: 'USDT',
      hash: '0x1',
      amount: '5',
    });
    expect(redact(Array.from({ length: 500 }, (_, n) => n))).to.have.length(200);
    expect(String(redact('x'.repeat(9_000)))).to.have.length.below(2_100);
  });
});
