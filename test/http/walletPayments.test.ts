import { expect } from 'chai';
import request, { type Response } from 'supertest';
import type { Role } from '../../server/ports.ts';
import { eventually } from '../support/eventually.ts';
import { openTestApp, patienceMs, type TestApp } from '../support/testApp.ts';
import { expectProblem } from './standingCases.ts';

const ether = 10n ** 18n;
const lie = `0x${'12'.repeat(32)}`;

/** Payments without a provider on the real app, database and chain; each step needs the one before. */
describe('a payment that a wallet makes by itself, over HTTP', function () {
  this.timeout(4 * patienceMs);
  let app: TestApp;
  let requestId = '';
  let paymentId = '';
  let receiver = '';
  let paidBy = '';

  type Method = 'get' | 'post' | 'put';
  const call = async (role: Role, method: Method, path: string, body?: object, userId?: string): Promise<Response> =>
    request(app.url)[method](path).set('Authorization', app.bearer(role, userId)).send(body);
  const anybody = async (method: Method, path: string, body?: object): Promise<Response> =>
    request(app.url)[method](path).send(body);
  const words = (more: object = {}) => ({ purchaseRequestId: requestId, buyerId: 'buyer-1', amount: '100', ...more });
  const save = (more: object = {}, userId?: string) =>
    call('buyer', 'post', '/api/payment/decentralized/save', words(more), userId);
  const state = async () => (await call('buyer', 'get', `/api/payment/${paymentId}`)).body;

  before(async () => {
    app = await openTestApp();
    const asked = await call('buyer', 'post', '/api/requests', { title: 'A bicycle' });
    requestId = asked.body.data.id;
    for (const [userId, amount] of [
      ['seller-1', '100'],
      ['seller-2', '90'],
    ] as const) {
      const offer = await call('seller', 'post', `/api/requests/${requestId}/offers`, { amount }, userId);
      expect(offer.status, offer.text).to.equal(201);
    }
  });
  after(async () => {
    await app?.close();
  });

  it('refuses every word that contradicts the stored request and offers', async () => {
    for (const wrong of [
      { buyerId: 'buyer-2' },
      { sellerId: 'seller-3' },
      { sellerId: 'seller-2' },
      { amount: '1' },
      { currency: 'USD' },
      { network: 'eth' },
      { token: `0x${'1'.repeat(40)}` },
    ]) {
      const answer = await save(wrong);
      expectProblem(answer, 409, 'offer_mismatch');
    }
    expectProblem(await save({}, 'buyer-2'), 404, 'not_found');
    expect((await call('buyer', 'get', '/api/payment?status=pending')).body.data).to.deep.equal([]);
  });

  it('names the same pending payment for the same words, with a vault of its own', async () => {
    const first = await save({ transactionHash: lie, token: app.deployment.token });
    expect(first.status, first.text).to.equal(200);
    expect(first.body.data).to.include({ status: 'pending', escrowState: 'unfunded', externalId: null });
    ({ paymentId } = first.body.data);
    receiver = first.body.data.payTo.address;
    expect(receiver).to.equal(first.body.data.vault);
    const again = await save({ sellerId: 'seller-1', currency: 'usdt', network: 'BSC' });
    expect(again.body.data.paymentId).to.equal(paymentId);
    const named = await call('buyer', 'get', `/api/payment/decentralized/receiver?paymentId=${paymentId}`);
    expect(named.body).to.include({ receiver, perPayment: true });
    const scoped = await call('buyer', 'post', '/api/payment/configuration', { purchaseRequestId: requestId });
    expect(scoped.body.accept[0]).to.include({ receiver, amount: '100' });
  });

  it('stays where it is whatever anybody says', async () => {
    const said = { paymentId, status: 'completed' };
    for (const answer of [
      await anybody('put', '/api/payment/decentralized/update', { ...said, confirmations: 99 }),
      await anybody('post', '/api/payment/callback', { ...said, transactionHash: lie }),
      await anybody('post', `/api/payment/decentralized/verify/${paymentId}`, { transactionHash: lie }),
      await call('seller', 'put', '/api/payment/decentralized/update', said),
      await call('seller', 'post', '/api/payment/verify', { paymentId, transactionHash: lie, status: 'completed' }),
    ]) {
      expect(answer.status, answer.text).to.equal(200);
    }
    expect(await state()).to.include({ status: 'pending', escrowState: 'unfunded' });
    expectProblem(
      await call('buyer', 'post', `/api/payment/payments/${paymentId}/fetch-tx`),
      409,
      'transaction_not_mined',
    );
  });

  it('is completed by the chain alone when the wallet pays into its vault', async () => {
    paidBy = await app.wallets.pay(app.deployment.buyerKey, receiver, 100n * ether);
    await eventually(
      async () => {
        await anybody('post', `/api/payment/decentralized/verify/${paymentId}`);
        return (await state()).status === 'completed' ? true : null;
      },
      { timeoutMs: patienceMs, what: 'completed' },
    );
    expect(await state()).to.include({
      escrowState: 'funded',
      custody: 'contract',
      rail: 'web3',
      transactionHash: paidBy,
    });
    const shown = await anybody('get', `/api/payment/decentralized/status/${paymentId}`);
    expect(shown.body.data).to.include({ status: 'completed', escrowState: 'funded' });
    expect(shown.body.data.confirmations).to.be.at.least(shown.body.data.confirmationsRequired);
    const found = await call('buyer', 'post', `/api/payment/payments/${paymentId}/fetch-tx`);
    expect(found.body).to.include({ transactionHash: paidBy, source: 'record' });
    const history = await call('buyer', 'get', '/api/payment/decentralized/history/buyer-1');
    expect(history.body.data.map((entry: { id: string }) => entry.id)).to.deep.equal([paymentId]);
  });

  it('takes the transaction for no other payment, and the money out of the escrow for no payout', async () => {
    const other = await call('buyer', 'post', '/api/requests', { title: 'A chair' });
    const purchaseRequestId: string = other.body.data.id;
    await call('seller', 'post', `/api/requests/${purchaseRequestId}/offers`, { amount: '100' });
    const body = { ...words(), purchaseRequestId, transactionHash: paidBy };
    const spent = await call('buyer', 'post', '/api/payment/decentralized/save', body);
    expectProblem(spent, 409, 'transaction_already_used');
    const order = { purchaseRequestId: requestId, receiverWalletAddress: app.deployment.sellerAddress, amount: '99' };
    const payout = await call('admin', 'post', '/api/payment/decentralized/admin-payout', order);
    expectProblem(payout, 409, 'amount_exceeds_balance');
    expect(payout.body.paymentId).to.equal(paymentId);
  });

  it('asks which offer is meant when several may be, and takes no other wallet than the one of the request', async () => {
    const wallet = app.deployment.buyerAddress;
    const asked = await call('buyer', 'post', '/api/requests', { title: 'A bed', buyerWallet: wallet });
    const purchaseRequestId: string = asked.body.data.id;
    const body = { ...words(), purchaseRequestId };
    const saved = (more: object) => call('buyer', 'post', '/api/payment/decentralized/save', { ...body, ...more });
    const offers = await Promise.all(
      ['seller-1', 'seller-2'].map((userId) =>
        call('seller', 'post', `/api/requests/${purchaseRequestId}/offers`, { amount: '100' }, userId),
      ),
    );
    const several = await saved({});
    expectProblem(several, 409, 'offer_mismatch');
    expect(several.body.errors[0]?.pointer).to.equal('#/sellerOfferId');
    const sellerOfferId = offers[0]?.body.data.id;
    const stranger = await saved({ sellerOfferId, walletAddress: app.deployment.sellerAddress });
    expectProblem(stranger, 409, 'offer_mismatch');
    expectProblem(await saved({ sellerOfferId: 'offer-of-nobody' }), 404, 'not_found');
    const named = await saved({ sellerOfferId, sellerId: 'seller-1', walletAddress: wallet });
    expect(named.status, named.text).to.equal(200);
    await call('buyer', 'put', `/api/payment/${named.body.data.paymentId}`, { status: 'cancelled' });
  });

  it('looks at open payments in batches, and goes on where the last one ended', async () => {
    const before = await call('admin', 'post', '/api/payment/decentralized/verify-all-pending', { limit: 1 });
    expect(before.body.data, before.text).to.deep.equal({
      ...{ scanned: 0, completed: 0, stillPending: 0, failed: 0, unchecked: 0, nextCursor: null },
    });
    const asked = await call('buyer', 'post', '/api/requests', { title: 'A lamp' });
    const purchaseRequestId: string = asked.body.data.id;
    const offer = await call('seller', 'post', `/api/requests/${purchaseRequestId}/offers`, { amount: '7' });
    const opened = await call('buyer', 'post', '/api/payment', {
      ...{ purchaseRequestId, sellerOfferId: offer.body.data.id, buyerId: 'buyer-1', sellerId: 'seller-1' },
      amount: { amount: 7, currency: 'USDT' },
    });
    expect(opened.status, opened.text).to.equal(201);
    expect(opened.body).to.include({ status: 'pending', rail: 'manual', amountExact: '7' });
    const batch = await call('admin', 'post', '/api/payment/decentralized/verify-all-pending');
    expect(batch.body.data).to.include({ scanned: 1, stillPending: 1, unchecked: 0 });
    const missing = await call('admin', 'post', '/api/payment/payments/auto-fetch-missing');
    expect(missing.body.data).to.include({ scanned: 1, found: 0, notFound: 1 });
  });
});
