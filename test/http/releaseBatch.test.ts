import { expect } from 'chai';
import request from 'supertest';
import type { Role } from '../../server/ports.ts';
import { escrowInterface } from '../../server/providers/chain/escrowContract.ts';
import { eventually } from '../support/eventually.ts';
import { openTestApp, patienceMs, type TestApp } from '../support/testApp.ts';
import { expectProblem } from './standingCases.ts';

const ether = 10n ** 18n;
const path = '/api/payment/shkeeper/release-batch';

/** Three trades that end by one signature, over HTTP alone, on the real app, database and chain; each step needs the one before. */
describe('a batch release over HTTP', function () {
  this.timeout(4 * patienceMs);
  let app: TestApp;
  let paymentIds: string[] = [];
  let others: string[] = [];
  let unpaid = '';
  let signatures: string[] = [];
  let txHash = '';
  let sellerBefore = 0n;

  const call = (role: Role, method: 'get' | 'post', at: string, body?: object) =>
    request(app.url)[method](at).set('Authorization', app.bearer(role)).send(body);
  const payment = async (id: string) => (await call('buyer', 'get', `/api/payment/${id}`)).body;
  const items = (ids: readonly string[] = paymentIds) => ids.map((paymentId) => ({ paymentId }));

  async function settlementOf(id: string) {
    const state = (await app.deps.ports.store.tail(id))?.state;
    return state?.direction === 'in' ? state.settlement : undefined;
  }

  async function openPayment(): Promise<string> {
    const refundTo = app.deployment.buyerAddress;
    const asked = await call('buyer', 'post', '/api/requests', { title: 'A bicycle', refundTo });
    const { id: purchaseRequestId } = asked.body.data;
    const offered = await call('seller', 'post', `/api/requests/${purchaseRequestId}/offers`, {
      ...{ amount: '100', payoutAddress: app.deployment.sellerAddress },
    });
    const { id: sellerOfferId } = offered.body.data;
    const intent = { purchaseRequestId, sellerOfferId, sellerId: 'seller-1', amount: '100' };
    const opened = await call('buyer', 'post', '/api/payment/shkeeper/intents', intent);
    expect(opened.status, opened.text).to.equal(200);
    return opened.body.data.paymentId;
  }

  async function fund(paymentId: string): Promise<void> {
    const { vault } = await payment(paymentId);
    const transactionHash = await app.wallets.pay(app.deployment.buyerKey, vault, 100n * ether);
    await call('buyer', 'post', '/api/payment/shkeeper/confirm-transaction', { paymentId, transactionHash });
    const completed = async () => ((await payment(paymentId)).status === 'completed' ? true : null);
    await eventually(completed, { timeoutMs: patienceMs, what: 'the payment is completed' });
  }

  before(async () => {
    app = await openTestApp();
    const opened: string[] = [];
    for (let n = 0; n < 5; n += 1) opened.push(await openPayment());
    unpaid = await openPayment();
    for (const id of opened) await fund(id);
    paymentIds = opened.slice(0, 3).toSorted();
    others = opened.slice(3).toSorted();
    sellerBefore = await app.wallets.balance(app.deployment.sellerAddress);
  });
  after(async () => {
    await app?.close();
  });

  it('is refused to buyers, sellers and strangers', async () => {
    expectProblem(await call('buyer', 'post', path, { items: items() }), 403, 'forbidden');
    expectProblem(await call('seller', 'post', path, { items: items() }), 403, 'forbidden');
    expectProblem(await request(app.url).post(path).send({ items: items() }), 401, 'not_authenticated');
    expectProblem(
      await call('buyer', 'post', `${path}/confirm`, { paymentIds, txHash: `0x${'12'.repeat(32)}` }),
      403,
      'forbidden',
    );
  });

  it('names a payment that cannot be released, and prepares none', async () => {
    const refused = await eventually(
      async () => {
        const answer = await call('admin', 'post', path, { items: items([...paymentIds, unpaid]) });
        expectProblem(answer, 409, 'batch_refused');
        // Until the chain is sure of their money the others are named, too.
        return answer.body.items.length === 1 ? answer.body.items : null;
      },
      { timeoutMs: patienceMs, what: 'only the unpaid one is named' },
    );
    expect(refused[0]).to.include({ paymentId: unpaid, code: 'not_funded' });
    for (const id of paymentIds) expect(await settlementOf(id)).to.equal(null);
  });

  it('gives one payload for all, and the same again', async () => {
    const first = await call('admin', 'post', path, { items: items() });
    expect(first.status, first.text).to.equal(200);
    const { data } = first.body;
    expect(data).to.include({ kind: 'batch', threshold: 2, missing: 2, network: 'bsc', transactions: null });
    expect(data.items.map((item: { paymentId: string }) => item.paymentId)).to.deep.equal(paymentIds);
    for (const item of data.items)
      expect(item).to.include({ toSeller: '100', toBuyer: '0', settleSeq: 0, token: 'USDT' });
    const again = await call('admin', 'post', path, { items: items(paymentIds.toReversed()) });
    expect(again.body).to.deep.equal(first.body);
    const keys = app.deployment.signerKeys.slice(1, 3);
    signatures = await Promise.all(keys.map((key) => app.wallets.sign(key, data.typedData)));
  });

  it('gives both transactions for the signatures of two of three signers, also as a file for Safe', async () => {
    const [first] = signatures;
    const one = await call('admin', 'post', path, { items: items(), signatures: [first] });
    expect(one.body.data).to.include({ missing: 1, transactions: null });
    const both = await call('admin', 'post', path, { items: items(), signatures, safe: 'settleBatch' });
    expect(both.status, both.text).to.equal(200);
    const { transactions, safe, missing } = both.body.data;
    expect(missing).to.equal(0);
    expect(transactions.settleBatch.data.slice(0, 10)).to.not.equal(transactions.settleBatchReport.data.slice(0, 10));
    expect(safe).to.include({ version: '1.0', chainId: String(app.deployment.chainId) });
    expect(safe.meta.checksum).to.match(/^0x[0-9a-f]{64}$/);
    const stranger = await app.wallets.sign(app.deployment.buyerKey, both.body.data.typedData);
    const forged = await call('admin', 'post', path, { items: items(), signatures: [stranger] });
    expectProblem(forged, 400, 'unknown_signer');
    // What a Safe would execute of the file, sent by anybody.
    txHash = await app.wallets.broadcast(app.deployment.buyerKey, safe.transactions[0]);
  });

  it('ends every payment by its own event in that one transaction', async () => {
    const confirmed = await eventually(
      async () => {
        const answer = await call('admin', 'post', `${path}/confirm`, { paymentIds, txHash });
        if (answer.body.code === 'transaction_not_mined') return null;
        expect(answer.status, answer.text).to.equal(200);
        const outcomes = answer.body.data.items as { outcome: string; settlement: { state: string } }[];
        expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(['settled', 'settled', 'settled']);
        return outcomes.every(({ settlement }) => settlement.state === 'final') ? answer.body.data.items : null;
      },
      { timeoutMs: patienceMs, what: 'the batch is final' },
    );
    for (const item of confirmed) expect(item).to.include({ status: 'released', escrowState: 'released' });
    const gained = (await app.wallets.balance(app.deployment.sellerAddress)) - sellerBefore;
    expect(gained).to.equal(3n * 99n * ether);
    for (const id of paymentIds) {
      expect(await payment(id)).to.include({
        status: 'released',
        releasedAmount: '100',
        feeAmount: '1',
        custody: 'none',
      });
    }
    const over = await call('admin', 'post', path, { items: items() });
    expectProblem(over, 409, 'batch_refused');
    expect(over.body.items.map((item: { code: string }) => item.code)).to.deep.equal([
      ...['already_final', 'already_final', 'already_final'],
    ]);
  });

  it('leaves a stale payment to be asked for anew, and the monitor sees the rest without being told', async () => {
    const [stale = '', good = ''] = others;
    const prepared = await eventually(
      async () => {
        const answer = await call('admin', 'post', path, { items: items(others) });
        return answer.status === 200 ? answer.body.data : null;
      },
      { timeoutMs: patienceMs, what: 'the second batch can be prepared' },
    );
    const [first = '', ...more] = app.deployment.signerKeys;
    const own = await Promise.all([first, more[0] ?? ''].map((key) => app.wallets.sign(key, prepared.typedData)));
    const signed = await call('admin', 'post', path, { items: items(others), signatures: own });
    const { id: termsId } = prepared.typedData.message.items[0];
    const bump = escrowInterface.encodeFunctionData('bumpSeq', [termsId]);
    await app.wallets.broadcast(first, { to: app.deployment.escrow, data: bump, value: '0' });
    const hash = await app.wallets.broadcast(app.deployment.buyerKey, signed.body.data.transactions.settleBatchReport);
    const released = async () => ((await payment(good)).status === 'released' ? true : null);
    await eventually(released, { timeoutMs: patienceMs, what: 'the monitor books the release' });
    const freed = async () => ((await settlementOf(stale)) === null ? true : null);
    await eventually(freed, { timeoutMs: patienceMs, what: 'the monitor voids what is stale' });
    const told = await call('admin', 'post', `${path}/confirm`, { paymentIds: others, txHash: hash });
    expect(told.body.data.items).to.deep.equal([
      { outcome: 'failed', paymentId: stale, status: 'completed', escrowState: 'funded', reason: 'WrongSeq' },
      {
        ...{ outcome: 'settled', paymentId: good, status: 'released', escrowState: 'released' },
        settlement: { state: 'final', txHash: hash },
      },
    ]);
    const anew = await call('admin', 'post', path, { items: items([stale]) });
    expect(anew.body.data.items[0], anew.text).to.include({ paymentId: stale, settleSeq: 1, toSeller: '100' });
  });
});
