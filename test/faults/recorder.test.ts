import { expect } from 'chai';
import { callbackBody } from './support/deliveries.ts';
import { auditAcknowledged, createRecorder } from './support/recorder.ts';
import type { Answer, Stage } from './support/stage.ts';

/** A log as MongoDB would give it. */
function stageWith(steps: readonly object[]): Stage {
  const toArray = async () => steps;
  return { mongo: { db: () => ({ collection: () => ({ find: () => ({ sort: () => ({ toArray }) }) }) }) } } as never;
}

const step = (seq: number, to: string, claims: readonly string[] = []) => ({ p: 'p1', seq, to, claims, evidence: {} });
const answer = (status: number, body: object): Answer => ({ status, retryAfter: null, body: { ...body }, data: {} });
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

  it('looks for an accepted delivery by its claim or by the transactions it names', async () => {
    const hash = `0x${'ab'.repeat(32)}`;
    const body = callbackBody({ paymentId: 'p1', payTo: '0x1' }, hash);
    const call = {
      method: 'POST',
      path: '/api/payment/shkeeper/webhook',
      body,
      answer: answer(202, { success: true }),
    };
    expect(await holds([step(1, 'pending', [`tx:31337:${hash}:0x1:0x2`])], call)).to.equal(1);
    expect(await holds([step(1, 'pending')], call)).to.equal('I14');
  });
});
