import { expect } from 'chai';
import { translateCallback } from '../../server/providers/shkeeper/translate.ts';
import { callbackBody } from './support/deliveries.ts';
import { auditAcknowledged, createRecorder } from './support/recorder.ts';
import type { Answer, Json, Stage } from './support/stage.ts';

/** A log as MongoDB would give it. */
function stageWith(steps: readonly object[]): Stage {
  const toArray = async () => steps;
  return { mongo: { db: () => ({ collection: () => ({ find: () => ({ sort: () => ({ toArray }) }) }) }) } } as never;
}

const step = (seq: number, to: string, more: object = {}) => ({
  ...{ p: 'p1', seq, to, kind: 'hintGiven', claims: [], evidence: {}, state: { provider: null }, ...more },
});
const answer = (status: number, body: object): Answer => {
  const given: Json = { ...body };
  return { status, retryAfter: null, body: given, data: (given.data ?? given) as Json };
};
const get = (status: number, body: object) => ({
  method: 'GET',
  path: '/x',
  body: undefined,
  answer: answer(status, body),
});

/** Whether the check holds for one answer. */
function holds(steps: readonly object[], call: Parameters<ReturnType<typeof createRecorder>['record']>[0]) {
  const recorder = createRecorder();
  recorder.record(call);
  return auditAcknowledged(stageWith(steps), recorder).then(
    (held) => held,
    (error: Error) => error.message.slice(0, 3),
  );
}

describe('faults: acknowledged ⊆ stored', () => {
  const shown = { data: [{ payment: { paymentId: 'p1', seq: 2, status: 'processing' } }] };

  it('finds what an answer showed in the log, at its sequence and with its status, at any depth of the answer', async () => {
    expect(await holds([step(1, 'pending'), step(2, 'processing')], get(200, shown))).to.equal(1);
  });

  it('fails when the transition is missing, and when another one stands in its place', async () => {
    expect(await holds([step(1, 'pending')], get(200, shown))).to.equal('I14');
    expect(await holds([step(1, 'pending'), step(2, 'failed')], get(200, shown))).to.equal('I14');
  });

  it('holds nobody to an answer that says to come again, or to one that never came', async () => {
    expect(await holds([], get(503, shown))).to.equal(0);
    expect(await holds([], { ...get(200, shown), answer: null })).to.equal(0);
  });

  const post = (path: string, body: unknown, data: object) => ({
    ...{ method: 'POST', path: `/api/payment/shkeeper/${path}`, body },
    answer: answer(200, { success: true, data }),
  });
  const hash = `0x${'ab'.repeat(32)}`;
  const [claimed, signalled] = [(...claims: string[]) => ({ claims }), (signal: object) => ({ evidence: { signal } })];

  it('holds an accepted delivery to the one step of its payment with its claim, or to what others told before', async () => {
    const body = callbackBody({ paymentId: 'p1', payTo: '0x1' }, hash);
    const call = post('webhook', body, {});
    const translated = translateCallback(Buffer.from(body));
    const key = translated.ok ? translated.report.deliveryKey : '';
    const reported = { kind: 'providerReported', ...claimed(`evt:shkeeper:${key}`) };
    expect(await holds([step(1, 'pending'), step(2, 'processing', reported)], call)).to.equal(1);
    expect(await holds([step(1, 'pending', claimed(`tx:31337:${hash}:0x1:0x2`))], call)).to.equal(1);
    const provider = { transactions: [{ txHash: hash }] };
    expect(await holds([step(1, 'processing', { state: { provider } })], call)).to.equal(1);
    expect(await holds([step(1, 'pending')], call)).to.equal('I14');
    const elsewhere = step(2, 'pending', { ...reported, p: 'p2' });
    expect(await holds([step(1, 'pending'), elsewhere], call), "another payment's step").to.equal('I14');
    const noted = step(1, 'pending', signalled({ kind: 'hintGiven', hint: hash }));
    expect(await holds([noted], call), 'a hint with the same hash').to.equal('I14');
    const twice = [step(1, 'processing', reported), step(2, 'processing', reported)];
    expect(await holds(twice, call), 'one delivery, two steps').to.equal('I14');
  });

  it('holds an opened intent to the first step of its own trade, and to the claims of the addresses that were shown', async () => {
    const body = { purchaseRequestId: 'r', sellerOfferId: 'o' };
    const data = { paymentId: 'p1', status: 'pending', vault: '0xAB', payTo: { address: '0xCD' } };
    const call = post('intents', body, data);
    const [open, vault, oneTime] = ['open:r:o:b:0', 'addr:56:0xab', 'addr:56:0xcd'];
    const opened = (...claims: string[]) => step(1, 'pending', { kind: 'intentOpened', claims });
    const given = step(2, 'pending', claimed(oneTime));
    expect(await holds([opened(open, vault), given], call)).to.equal(4);
    expect(await holds([opened(open, vault)], call)).to.equal('I14');
    expect(await holds([opened(open), given], call)).to.equal('I14');
    expect(await holds([opened('open:r:another:b:0', vault), given], call)).to.equal('I14');
  });

  it('holds a release to its digest, each counted signature and the transaction that was confirmed', async () => {
    const prepared = step(2, 'completed', { kind: 'settlementPrepared', ...signalled({ digest: '0xd' }) });
    const call = post('p1/release', {}, { kind: 'settlement', digest: '0xd', signedBy: ['0xA1'] });
    const signedBy = (signer: string, digest = '0xd') =>
      step(3, 'completed', { kind: 'settlementSigned', ...signalled({ digest, signer }) });
    expect(await holds([prepared, signedBy('0xa1')], call)).to.equal(2);
    expect(await holds([prepared], call)).to.equal('I14');
    expect(await holds([prepared, signedBy('0xa2')], call)).to.equal('I14');
    expect(await holds([prepared, signedBy('0xa1', '0xe')], call)).to.equal('I14');
    const confirm = post(
      'p1/release/confirm',
      { txHash: hash },
      { status: 'released', settlement: { state: 'final' } },
    );
    const settled = (txHash: string, kind = 'settlementConfirmed') =>
      step(4, 'released', { kind, ...claimed('out:56:0xt:0'), ...signalled({ fact: { txHash } }) });
    expect(await holds([settled(hash)], confirm)).to.equal(1);
    expect(await holds([settled(`0x${'cd'.repeat(32)}`)], confirm)).to.equal('I14');
    expect(await holds([settled(hash, 'settlementSeen')], confirm), 'only seen').to.equal('I14');
  });

  it('holds a payout to its reservation and to its own record', async () => {
    const call = post('payout', {}, { payoutId: 'out1', taskId: 'p1-2-0', status: 'pending' });
    const reserved = step(2, 'released', {
      kind: 'payoutRequested',
      ...claimed('payout:p1:1'),
      ...signalled({ payoutId: 'out1' }),
    });
    const record = step(1, 'pending', {
      p: 'out1',
      kind: 'payoutOpened',
      state: { source: { paymentId: 'p1', n: 1 } },
    });
    expect(await holds([reserved, record], call)).to.equal(2);
    expect(await holds([reserved], call)).to.equal('I14');
    expect(await holds([record, { ...reserved, claims: [] }], call)).to.equal('I14');
  });
});
