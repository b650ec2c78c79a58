import { expect } from 'chai';
import request, { type Response } from 'supertest';
import type { Role } from '../../server/ports.ts';
import { openTestApp, patienceMs, type TestApp } from '../support/testApp.ts';
import { expectProblem } from './standingCases.ts';

/** Opening and cancelling on the real app, where callers race. */
describe('intents over HTTP', function () {
  this.timeout(2 * patienceMs);
  let app: TestApp;
  const call = async (
    role: Role,
    method: 'get' | 'post' | 'put',
    path: string,
    body?: object,
    key?: string,
  ): Promise<Response> => {
    const asked = request(app.url)[method](path).set('Authorization', app.bearer(role));
    return (key === undefined ? asked : asked.set('Idempotency-Key', key)).send(body);
  };
  const together = <T>(count: number, work: (index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, index) => work(index)));

  async function offered(amount: string) {
    const asked = await call('buyer', 'post', '/api/requests', { title: 'A bicycle' });
    const purchaseRequestId: string = asked.body.data.id;
    const offer = await call('seller', 'post', `/api/requests/${purchaseRequestId}/offers`, { amount });
    return { purchaseRequestId, sellerOfferId: String(offer.body.data.id), sellerId: 'seller-1', amount };
  }
  const open = (body: object, key?: string) => call('buyer', 'post', '/api/payment/shkeeper/intents', body, key);

  before(async () => {
    app = await openTestApp();
  });
  after(async () => {
    await app?.close();
  });

  it('opens one payment for ten callers at once', async () => {
    const body = await offered('10');
    const answers = await together(10, () => open(body));
    expect(answers.map((answer) => answer.status)).to.deep.equal(Array(10).fill(200));
    expect(new Set(answers.map((answer) => answer.body.data.paymentId)).size).to.equal(1);
    expect(new Set(answers.map((answer) => answer.body.data.payTo.address)).size).to.equal(1);
  });

  it('runs a key once for ten callers at once; the rest are told to wait or get the same answer', async () => {
    const body = await offered('11');
    const answers = await together(10, () => open(body, 'same-key'));
    const done = answers.filter((answer) => answer.status === 200);
    expect(done.filter((answer) => answer.get('idempotent-replayed') !== 'true')).to.have.length(1);
    expect(new Set(done.map((answer) => answer.text)).size).to.equal(1);
    for (const answer of answers.filter((entry) => entry.status !== 200)) {
      expectProblem(answer, 409, 'idempotency_key_in_use');
    }
    expect((await open(body, 'same-key')).text).to.equal(done[0]?.text);
  });

  it('runs a placed offer once however often its key is sent', async () => {
    const { purchaseRequestId } = await offered('12');
    const path = `/api/requests/${purchaseRequestId}/offers`;
    await together(5, () => call('seller', 'post', path, { amount: 5 }, 'offer-key'));
    const { body } = await call('admin', 'get', path);
    expect(body.data.filter((entry: { amountExact: string }) => entry.amountExact === '5')).to.have.length(1);
  });

  it('cancels for the buyer, not for the seller, and opens a new payment afterwards', async () => {
    const body = await offered('13');
    const first: string = (await open(body)).body.data.paymentId;
    const path = `/api/payment/${first}`;
    expectProblem(await call('seller', 'put', path, { status: 'cancelled' }), 403, 'forbidden');
    const cancelled = await call('buyer', 'put', path, { status: 'cancelled' });
    expect(cancelled.body, cancelled.text).to.include({ status: 'cancelled', escrowState: 'unfunded' });
    const page = await request(app.url).get(`/pay/${first}`);
    expect(page.text).to.include('data-status="cancelled"');
    expect(page.text).to.not.include(cancelled.body.payTo.address);
    const second: string = (await open(body)).body.data.paymentId;
    expect(second).to.not.equal(first);
    const listed = await call('buyer', 'get', '/api/payment?status=cancelled');
    expect(listed.body.data.map((entry: { id: string }) => entry.id)).to.deep.equal([first]);
  });

  it('refuses what admins ask for when there is nothing', async () => {
    const body = await offered('14');
    const id: string = (await open(body)).body.data.paymentId;
    expectProblem(await call('admin', 'post', `/api/payment/${id}/accept-late`), 409, 'illegal_transition');
    const confirm = `/api/payment/shkeeper/${id}/release/confirm`;
    const early = await call('admin', 'post', confirm, { txHash: `0x${'12'.repeat(32)}` });
    expect(early.status, early.text).to.equal(409);
    const payout = await call('admin', 'post', '/api/payment/shkeeper/payout', {
      ...body,
      buyerId: 'buyer-1',
      recipientAddress: app.deployment.sellerAddress,
    });
    expectProblem(payout, 409, 'amount_exceeds_balance');
    const resolve = await call('admin', 'post', `/api/payment/shkeeper/payout/${id}-9-0/resolve`, {
      outcome: 'notSent',
    });
    expectProblem(resolve, 404, 'not_found');
    for (const kind of ['release', 'refund', 'release/confirm']) {
      const path = `/api/payment/shkeeper/${'f'.repeat(24)}/${kind}`;
      const answer = await call(
        'admin',
        'post',
        path,
        kind.endsWith('confirm') ? { txHash: `0x${'12'.repeat(32)}` } : {},
      );
      expectProblem(answer, 404, 'not_found');
    }
  });
});
