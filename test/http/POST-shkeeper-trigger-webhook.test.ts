import { expect } from 'chai';
import request from 'supertest';
import { verifySignature } from '../../server/providers/shkeeper/signature.ts';
import { translateCallback } from '../../server/providers/shkeeper/translate.ts';
import { paymentId, paymentState, recorded, txHash } from './records.ts';
import { nowMs, standIn, webhookKey } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/trigger-webhook';

function stage() {
  const sent: { rawBody: Buffer; headers: Readonly<Record<string, string>> }[] = [];
  const development = {
    listCoins: async () => [],
    deliver: async (rawBody: Buffer, headers: Readonly<Record<string, string>>) => {
      sent.push({ rawBody, headers });
      return { status: 202, body: '{"success":true}' };
    },
  };
  const world = standIn({ deps: { development } });
  world.payments.set(paymentId, recorded(paymentState()));
  return { ...world, sent };
}

describe('POST /api/payment/shkeeper/trigger-webhook', () => {
  it('sends what the provider would send, signed so that the webhook takes it, and says what it answered', async () => {
    const { as, sent } = stage();
    const answer = await as('buyer').post(path, { paymentId, transactionHash: txHash });
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.body.data.answered).to.deep.equal({ status: 202, body: '{"success":true}' });
    const [delivery] = sent;
    const rawBody = delivery?.rawBody ?? Buffer.alloc(0);
    const verdict = verifySignature({
      timestamp: delivery?.headers['X-Shkeeper-Timestamp'],
      signature: delivery?.headers['X-Shkeeper-Signature'],
      ...{ rawBody, keys: [webhookKey], nowMs, legacy: 'off' },
    });
    expect(verdict).to.deep.equal({ ok: true, scheme: 'timestamped' });
    const read = translateCallback(rawBody);
    expect(read.ok && read.report).to.include({ externalId: `AMN_${paymentId}`, reportedStatus: 'PAID', paid: true });
    expect(read.ok && read.report.transactions.map((entry) => entry.txHash)).to.deep.equal([txHash]);
  });

  it('plays an unconfirmed transaction, too', async () => {
    const { as, sent } = stage();
    await as('buyer').post(path, { paymentId, transactionHash: txHash, status: 'unconfirmed' });
    const read = translateCallback(sent[0]?.rawBody ?? Buffer.alloc(0));
    expect(read.ok && read.report.shape).to.equal('unconfirmed');
  });

  it('refuses a call without a token', async () => {
    const { app, sent } = stage();
    expectProblem(await request(app).post(path).send({ paymentId }), 401, 'not_authenticated');
    expect(sent).to.deep.equal([]);
  });

  it('refuses the role auditor, and strangers as if there were no payment', async () => {
    const { as, sent } = stage();
    expectProblem(await as('auditor').post(path, { paymentId }), 403, 'forbidden');
    expectProblem(await as('buyer', 'buyer-2').post(path, { paymentId }), 404, 'not_found');
    expect(sent).to.deep.equal([]);
  });

  const badBodies = { empty: {}, 'no id': { paymentId: 'x' }, 'our own status': { paymentId, status: 'completed' } };
  for (const [name, bad] of Object.entries(badBodies)) {
    it(`refuses a bad body: ${name}`, async () => {
      const { as, sent } = stage();
      expectProblem(await as('buyer').post(path, bad), 400, 'validation_failed');
      expect(sent).to.deep.equal([]);
    });
  }

  it('answers a repeated idempotency key with the first answer, and sends once', async () => {
    const { as, sent } = stage();
    const first = await as('buyer').post(path, { paymentId }, 'key-1');
    const second = await as('buyer').post(path, { paymentId }, 'key-1');
    expect(second.body).to.deep.equal(first.body);
    expect(sent).to.have.length(1);
  });
});
