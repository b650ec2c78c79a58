import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import request, { type Response } from 'supertest';
import type { Role } from '../../server/ports.ts';
import { signBody } from '../../server/providers/shkeeper/signature.ts';
import { eventually } from '../support/eventually.ts';
import { openTestApp, patienceMs, type TestApp } from '../support/testApp.ts';
import { expectProblem } from './standingCases.ts';

const ether = 10n ** 18n;

/** One trade through the public API alone, on the real app, database, chain and provider; each step needs the one before. */
describe('a trade over HTTP', function () {
  this.timeout(4 * patienceMs);
  let app: TestApp;
  let requestId = '';
  let offerId = '';
  let rivalOfferId = '';
  let paymentId = '';
  let releaseHash = '';

  const call = (role: Role, method: 'get' | 'post' | 'put', path: string, body?: object, userId?: string) =>
    request(app.url)[method](path).set('Authorization', app.bearer(role, userId)).send(body);
  const payment = async () => (await call('buyer', 'get', `/api/payment/${paymentId}`)).body;
  const intentBody = () => ({
    purchaseRequestId: requestId,
    sellerOfferId: offerId,
    sellerId: 'seller-1',
    amount: 100,
  });
  const openIntent = (body: object, key?: string): Promise<Response> => {
    const asked = call('buyer', 'post', '/api/payment/shkeeper/intents');
    return Promise.resolve((key === undefined ? asked : asked.set('Idempotency-Key', key)).send(body));
  };
  const reaches = (what: string, wanted: (state: Record<string, unknown>) => boolean) =>
    eventually(async () => (wanted(await payment()) ? true : null), { timeoutMs: patienceMs, what });
  const deliver = (body: string, key = app.apiKey) => {
    const seconds = Math.floor(Date.now() / 1000);
    return request(app.url)
      .post('/api/payment/shkeeper/webhook')
      .set('x-shkeeper-timestamp', String(seconds))
      .set('x-shkeeper-signature', signBody(key, seconds, Buffer.from(body)))
      .type('application/json')
      .send(body);
  };

  before(async () => {
    app = await openTestApp();
  });
  after(async () => {
    await app?.close();
  });

  it('is ready when everything behind it answers', async () => {
    const answer = await request(app.url).get('/readyz');
    expect(answer.body.checks).to.deep.equal({ database: 'ok', chains: 'ok' });
  });

  it('takes a request and two offers', async () => {
    const asked = await call('buyer', 'post', '/api/requests', {
      title: 'A bicycle',
      refundTo: app.deployment.buyerAddress,
    });
    expect(asked.status, asked.text).to.equal(201);
    requestId = asked.body.data.id;
    const offers = `/api/requests/${requestId}/offers`;
    const offer = await call('seller', 'post', offers, { amount: '100', payoutAddress: app.deployment.sellerAddress });
    const rival = await call('seller', 'post', offers, { amount: 90 }, 'seller-2');
    expect([offer.status, rival.status], offer.text).to.deep.equal([201, 201]);
    [offerId, rivalOfferId] = [offer.body.data.id, rival.body.data.id];
    const seen = await call('buyer', 'get', offers);
    expect(seen.body.data.map((entry: { id: string }) => entry.id)).to.have.members([offerId, rivalOfferId]);
  });

  it('refuses addresses with a wrong checksum and networks that are not offered', async () => {
    const wrong = app.deployment.sellerAddress.replace(/[a-f]/, (letter) => letter.toUpperCase());
    const answer = await call('seller', 'post', `/api/requests/${requestId}/offers`, {
      amount: 1,
      payoutAddress: wrong,
    });
    expectProblem(answer, 400, 'validation_failed');
    expect(answer.body.errors[0].pointer).to.equal('#/payoutAddress');
    const nowhere = await call('seller', 'post', `/api/requests/${requestId}/offers`, { amount: 1, network: 'mars' });
    expectProblem(nowhere, 400, 'network_not_supported');
  });

  it('selects an offer and refuses an intent that differs from it', async () => {
    const accepted = await call('buyer', 'post', `/api/requests/${requestId}/offers/${offerId}/accept`);
    expect(accepted.body.data.offer.status, accepted.text).to.equal('selected');
    const short = await openIntent({ ...intentBody(), amount: 99 });
    expectProblem(short, 409, 'offer_mismatch');
    expect(short.body).to.include({ offered: '100', sent: '99' });
    expectProblem(await openIntent({ ...intentBody(), sellerId: 'seller-2' }), 409, 'offer_mismatch');
  });

  it('opens one intent however often it is asked for, and replays the answer of a key', async () => {
    const key = randomUUID();
    const first = await openIntent(intentBody(), key);
    expect(first.status, first.text).to.equal(200);
    paymentId = first.body.data.paymentId;
    const replay = await openIntent(intentBody(), key);
    expect(replay.get('idempotent-replayed')).to.equal('true');
    expect(replay.body).to.deep.equal(first.body);
    const again = await openIntent(intentBody());
    expect(again.body.data).to.deep.include({ paymentId, externalId: `AMN_${paymentId}` });
    expectProblem(await openIntent({ ...intentBody(), amount: '100.0' }, key), 422, 'idempotency_key_reused');
  });

  it('shows the payment to its parties, and to strangers nothing', async () => {
    const own = await payment();
    expect(own).to.include({ status: 'pending', escrowState: 'unfunded', amountExact: '100', custody: 'none' });
    expect(own.payTo.address).to.match(/^0x[0-9a-fA-F]{40}$/);
    for (const suffix of ['', '/events']) {
      expectProblem(
        await call('buyer', 'get', `/api/payment/${paymentId}${suffix}`, undefined, 'buyer-2'),
        404,
        'not_found',
      );
    }
    const foreign = { paymentId, transactionHash: `0x${'12'.repeat(32)}` };
    const hint = await call('buyer', 'post', '/api/payment/shkeeper/confirm-transaction', foreign, 'buyer-2');
    expectProblem(hint, 404, 'not_found');
  });

  it('shows the page to pay from', async () => {
    const answer = await request(app.url).get(`/pay/${paymentId}`);
    expect(answer.text)
      .to.include((await payment()).payTo.address)
      .and.to.include('data-status="pending"');
  });

  it('does not believe a client that it has paid, and does not release what is not there', async () => {
    const claimed = await call('buyer', 'put', `/api/payment/${paymentId}`, { status: 'completed' });
    expect(claimed.body.status, claimed.text).to.equal('pending');
    expectProblem(await call('admin', 'post', `/api/payment/shkeeper/${paymentId}/release`), 409, 'not_funded');
  });

  it('acknowledges, keeps and shows signed deliveries it cannot use, and refuses forged ones', async () => {
    const unknown = JSON.stringify({ external_id: `AMN_${'f'.repeat(24)}`, status: 'PAID', transactions: [] });
    expect((await deliver(unknown)).status).to.equal(202);
    expect((await deliver('{"external_id":')).status).to.equal(202);
    expectProblem(await deliver(unknown, 'forged'), 401, 'invalid_signature');
    const stats = await eventually(
      async () => {
        const { data } = (await call('admin', 'get', '/api/payment/shkeeper/webhook-stats')).body;
        return data.counts.unmatched === 1 && data.counts.unreadable === 1 && data.counts.refused === 1 ? data : null;
      },
      { timeoutMs: patienceMs, what: 'the three deliveries are counted' },
    );
    expect(stats.recent.map((entry: { outcome: string }) => entry.outcome)).to.have.members([
      'unmatched',
      'unreadable',
    ]);
    expect(stats.recent.map((entry: { body: string }) => entry.body)).to.include(unknown);
  });

  it('completes when the money is really there, and takes the offer', async () => {
    const { address } = (await payment()).payTo;
    const hash = await app.wallets.pay(app.deployment.buyerKey, address, 100n * ether);
    const hint = { paymentId, transactionHash: hash };
    const hinted = await call('buyer', 'post', '/api/payment/shkeeper/confirm-transaction', hint);
    expect(hinted.status, hinted.text).to.equal(200);
    await reaches('completed', ({ status }) => status === 'completed');
    expect(await payment()).to.include({ escrowState: 'funded', receivedAmount: '100', transactionHash: hash });
    await eventually(
      async () => {
        const { data } = (await call('buyer', 'get', `/api/requests/${requestId}/offers`)).body;
        const statusOf = (id: string) => data.find((entry: { id: string }) => entry.id === id)?.status;
        return statusOf(offerId) === 'accepted' && statusOf(rivalOfferId) === 'rejected' ? true : null;
      },
      { timeoutMs: patienceMs, what: 'the offer is accepted and its rival rejected' },
    );
  });

  it('lists it among the completed', async () => {
    const { body } = await call('seller', 'get', '/api/payment');
    expect(body.data.map((entry: { id: string }) => entry.id)).to.include(paymentId);
  });

  it('prepares the release once the money is in the vault, and gathers signatures', async () => {
    const path = `/api/payment/shkeeper/${paymentId}/release`;
    const prepared = await eventually(
      async () => {
        const answer = await call('admin', 'post', path);
        if (answer.status === 200) return answer.body.data;
        expect(answer.body.code).to.be.oneOf(['escrow_forwarding', 'escrow_not_final']);
        expect(answer.get('retry-after')).to.equal('10');
        return null;
      },
      { timeoutMs: patienceMs, what: 'the release can be prepared' },
    );
    expect(prepared).to.include({ threshold: 2, missing: 2, toSeller: '100', toBuyer: '0', transaction: null });
    expectProblem(await call('admin', 'post', path, { amount: '50' }), 409, 'settlement_open');
    const stranger = await app.wallets.sign(app.deployment.buyerKey, prepared.typedData);
    expectProblem(await call('admin', 'post', path, { signatures: [stranger] }), 400, 'unknown_signer');
    const keys = app.deployment.signerKeys.slice(0, 2);
    const signatures = await Promise.all(keys.map((key) => app.wallets.sign(key, prepared.typedData)));
    const signed = await call('admin', 'post', path, { signatures: [...signatures, ...signatures] });
    expect(signed.body.data, signed.text).to.include({ missing: 0, digest: prepared.digest });
    releaseHash = await app.wallets.broadcast(app.deployment.buyerKey, signed.body.data.transaction);
  });

  it('refuses other transactions as proof of the release, and changes nothing for them', async () => {
    const path = `/api/payment/shkeeper/${paymentId}/release/confirm`;
    const before = (await payment()).status;
    expectProblem(await call('admin', 'post', path, { txHash: `0x${'00'.repeat(32)}` }), 409, 'transaction_not_mined');
    const { transactionHash } = await payment();
    const foreign = await call('admin', 'post', path, { txHash: transactionHash });
    expectProblem(foreign, 409, 'transaction_foreign_contract');
    expect(before).to.be.oneOf(['completed', 'released']);
  });

  it('is released when the contract says so for good', async () => {
    const path = `/api/payment/shkeeper/${paymentId}/release/confirm`;
    const last = await eventually(
      async () => {
        const answer = await call('admin', 'post', path, { txHash: releaseHash });
        expect(answer.status, answer.text).to.equal(200);
        const { status, settlement } = answer.body.data;
        expect([status, settlement.state]).to.be.deep.oneOf([
          ['completed', 'seen'],
          ['released', 'final'],
        ]);
        return settlement.state === 'final' ? answer.body.data : null;
      },
      { timeoutMs: patienceMs, what: 'the release is final' },
    );
    expect(last).to.deep.equal({
      status: 'released',
      escrowState: 'released',
      settlement: { state: 'final', txHash: releaseHash },
    });
    expect(await app.wallets.balance(app.deployment.sellerAddress)).to.equal(99n * ether);
    expect(await payment()).to.include({ releasedAmount: '100', feeAmount: '1', refundedAmount: '0', custody: 'none' });
  });

  it('tells the whole story without a gap', async () => {
    const { body } = await call('seller', 'get', `/api/payment/${paymentId}/events`);
    const sequence = body.data.map((row: { seq: number }) => row.seq);
    expect(sequence).to.deep.equal(sequence.map((_: number, index: number) => index + 1));
    const types = body.data.map((row: { type: string }) => row.type);
    expect(types[0]).to.equal('payment.created');
    expect(types.filter((type: string) => type === 'payment_completed')).to.have.length(1);
    expect(types.filter((type: string) => type === 'payment_released')).to.have.length(1);
    const rest = await call('seller', 'get', `/api/payment/${paymentId}/events?after=${body.nextAfter}`);
    expect(rest.body.data).to.deep.equal([]);
  });

  it('refuses to fund the request a second time', async () => {
    expectProblem(await openIntent(intentBody()), 409, 'request_already_funded');
  });
});
