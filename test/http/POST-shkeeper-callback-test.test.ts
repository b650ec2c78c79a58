import { createHash } from 'node:crypto';
import { expect } from 'chai';
import request from 'supertest';
import { signBody } from '../../server/providers/shkeeper/signature.ts';
import { nowMs, standIn, webhookKey } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/callback-test';
const seconds = nowMs / 1000;

describe('POST and GET /api/payment/shkeeper/callback-test', () => {
  it('says what arrived, byte for byte, and that its signature would be taken', async () => {
    const { app, kept, counted, calls } = standIn();
    const body = '{ "external_id" : "AMN_1" }';
    const answer = await request(app)
      .post(`${path}?from=console`)
      .set('x-shkeeper-timestamp', String(seconds))
      .set('x-shkeeper-signature', signBody(webhookKey, seconds, Buffer.from(body)))
      .type('application/json')
      .send(body);
    expect(answer.status, answer.text).to.equal(202);
    const { data } = answer.body;
    expect(data.body).to.deep.equal({
      bytes: body.length,
      sha256: createHash('sha256').update(body).digest('hex'),
      isJson: true,
    });
    expect(data.signature).to.deep.equal({ valid: true, reason: null });
    expect(data.queryNames).to.deep.equal(['from']);
    expect([kept, counted, calls]).to.deep.equal([[], [], []]);
  });

  it('names why a signature would be refused, and takes bodies that are no JSON', async () => {
    const answer = await request(standIn().app).post(path).type('text/plain').send('hello');
    expect(answer.body.data.signature).to.deep.equal({ valid: false, reason: 'signature_missing' });
    expect(answer.body.data.body.isJson).to.equal(false);
  });

  it('gives no secret back, whatever header, query or body it came in', async () => {
    const canary = 'canary-of-this-test';
    const answer = await request(standIn().app)
      .post(`${path}?key=${canary}`)
      .set({ Authorization: `Bearer ${canary}`, Cookie: canary, 'X-Shkeeper-Api-Key': canary, 'X-Odd': canary })
      .send({ secret: canary });
    expect(answer.status).to.equal(202);
    expect(answer.text).to.not.include(canary);
    expect(answer.body.data.hiddenHeaders).to.include.members(['authorization', 'cookie', 'x-shkeeper-api-key']);
  });

  it('stays small whatever is sent, and refuses what is too large', async () => {
    const { app } = standIn();
    const query = Array.from({ length: 200 }, (_, n) => `${'n'.repeat(30)}${n}=1`).join('&');
    const answer = await request(app).get(`${path}?${query}`);
    expect(answer.status).to.equal(202);
    expect(answer.text.length).to.be.below(20_000);
    expectProblem(await request(app).post(path).send('x'.repeat(1_100_000)), 413, 'payload_too_large');
  });
});
