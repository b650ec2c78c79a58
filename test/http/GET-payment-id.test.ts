import { expect } from 'chai';
import request from 'supertest';
import type { PaymentState } from '../../server/domain/state.ts';
import { anyPaymentDocument } from '../../server/http/schemas/paymentDocument.ts';
import type { Role } from '../../server/ports.ts';
import { openPaymentWorld } from './records/openPaymentWorld.ts';
import {
  addressOf,
  arrival,
  machine,
  otherPaymentId,
  paymentId,
  paymentState,
  payoutState,
  recorded,
  transition,
  txHash,
} from './records.ts';
import { nowMs, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = `/api/payment/${paymentId}`;
const ether = 10n ** 18n;
const withPayment = (overrides: Parameters<typeof paymentState>[0] = {}) =>
  openPaymentWorld({ state: paymentState(overrides) });

describe('GET /api/payment/:id', () => {
  it('answers the payment to its buyer, its seller and operators', async () => {
    const { as } = withPayment();
    for (const role of ['buyer', 'seller', 'admin', 'auditor'] as const) {
      const answer = await as(role).get(path);
      expect(answer.status, role).to.equal(200);
      expect(answer.body).to.include({
        id: paymentId,
        _id: paymentId,
        status: 'pending',
        escrowState: 'unfunded',
        seq: 3,
      });
    }
  });

  it('answers strangers exactly as if there were none', async () => {
    const { as } = withPayment();
    const foreign = await as('buyer', 'buyer-2').get(path);
    const missing = await as('buyer', 'buyer-2').get(`/api/payment/${otherPaymentId}`);
    for (const answer of [foreign, missing, await as('seller', 'seller-2').get(path)]) {
      expectProblem(answer, 404, 'not_found');
      const { requestId: _, instance: __, ...rest } = answer.body;
      const { requestId: ___, instance: ____, ...same } = missing.body;
      expect(rest).to.deep.equal(same);
    }
  });

  it('wants a token', async () => {
    expectProblem(await request(withPayment().app).get(path), 401, 'not_authenticated');
  });

  it('says where to pay, how much, until when and under which terms', async () => {
    const { body } = await withPayment().as('buyer').get(path);
    expect(body).to.include({
      direction: 'in',
      provider: 'shkeeper',
      amount: 100,
      amountExact: '100',
      currency: 'USDT',
      network: 'bsc',
      externalId: `AMN_${paymentId}`,
      paymentUrl: `https://pay.example/pay/${paymentId}`,
      expiresAt: new Date(nowMs + 900_000).toISOString(),
      vault: addressOf('7'),
      custody: 'none',
      exception: 'none',
      receivedAmount: '0',
      transactionHash: null,
      settlement: null,
    });
    expect(body.payTo.address).to.equal(addressOf('8'));
    expect(body.terms.fundBy).to.equal(String(nowMs / 1000 + 900));
  });

  it('shows no address until the provider has given one, and the vault where no provider is in between', async () => {
    const { provider } = paymentState();
    const waiting = provider && { ...provider, address: null };
    expect((await withPayment({ provider: waiting }).as('buyer').get(path)).body.payTo.address).to.equal(null);
    const direct = await withPayment({ rail: 'web3', provider: null }).as('buyer').get(path);
    expect(direct.body.payTo.address).to.equal(addressOf('7'));
  });

  it('adds up what the buyer paid, without our own forward and without what was undone', async () => {
    const arrivals = [
      arrival(95n * ether),
      arrival(5n * ether, { txHash: `0x${'34'.repeat(32)}`, reversed: true }),
      arrival(95n * ether, { txHash: `0x${'56'.repeat(32)}`, purpose: 'forward', custody: 'contract' }),
    ];
    const { body } = await withPayment({ arrivals, status: 'processing', flags: ['underpaid'] })
      .as('buyer')
      .get(path);
    expect(body).to.include({ receivedAmount: '95', exception: 'underpaid', transactionHash: txHash });
    expect(body.transactions.map((entry: { confirmed: boolean }) => entry.confirmed)).to.deep.equal([
      true,
      false,
      true,
    ]);
  });

  it('shows the open settlement and who has signed it', async () => {
    const settlement = {
      kind: 'release' as const,
      settleSeq: 0,
      toSeller: 100n * ether,
      toBuyer: 0n,
      validUntil: nowMs / 1000 + 3600,
      digest: `0x${'dd'.repeat(32)}`,
      origin: 'held' as const,
      signatures: [{ index: 0, signer: addressOf('1'), signature: '0x' }],
      seenTxHash: null,
    };
    const { body } = await withPayment({ settlement, status: 'completed' }).as('seller').get(path);
    expect(body.settlement).to.include({ state: 'open', kind: 'release', toSeller: '100', toBuyer: '0', txHash: null });
    expect(body.settlement.signedBy).to.deep.equal([addressOf('1')]);
    const seen = { ...settlement, seenTxHash: txHash };
    const later = await withPayment({ settlement: seen, status: 'completed' }).as('seller').get(path);
    expect(later.body.settlement).to.include({ state: 'seen', txHash });
  });

  it('shows that the order was delivered, that it is disputed, and what the contract keeps for a receiver', async () => {
    const before = (await withPayment().as('seller').get(path)).body;
    expect(before).to.include({ delivered: false, creditedAmount: '0', exception: 'none' });
    const account = `credit:${addressOf('2')}:${paymentId}`;
    const balances = [{ account, asset: 'bsc:USDT', amount: 99n * ether }];
    const overrides = { delivered: true, flags: ['disputed'] as const, balances };
    const { body } = await withPayment(overrides).as('seller').get(path);
    expect(body).to.include({ delivered: true, creditedAmount: '99', exception: 'disputed' });
    expect(body.flags).to.deep.equal(['disputed']);
    anyPaymentDocument.parse(body);
  });

  it('tells nobody what is only ours: hot wallet, callback url, balances, hints', async () => {
    const { text } = await withPayment({ forward: machine(), hints: ['secret-hint'] })
      .as('seller')
      .get(path);
    for (const word of [addressOf('9'), 'callbackUrl', 'balances', 'secret-hint', 'hotWallet'])
      expect(text).to.not.include(word);
  });

  it('answers a payout as a payout', async () => {
    const world = standIn();
    world.payments.set(otherPaymentId, recorded(payoutState()));
    const { body } = await world.as('seller').get(`/api/payment/${otherPaymentId}`);
    expect(body).to.include({ direction: 'out', sourcePaymentId: paymentId, amountExact: '99' });
  });

  it('shows the buyer’s notes to him and to operators, and destinations of payouts to operators alone', async () => {
    const payouts = [{ payoutId: otherPaymentId, amount: 1n, destination: `0x${'4'.repeat(40)}`, outcome: 'open' }];
    const world = withPayment({ metadata: '{"cart":7}', payouts: payouts as unknown as PaymentState['payouts'] });
    const seen = async (role: Role) => {
      const { body } = await world.as(role).get(path);
      return [body.metadata, 'destination' in body.payouts[0]];
    };
    expect(await seen('buyer')).to.deep.equal([{ cart: 7 }, false]);
    expect(await seen('seller')).to.deep.equal([null, false]);
    expect(await seen('admin')).to.deep.equal([{ cart: 7 }, true]);
    expect(await seen('auditor')).to.deep.equal([{ cart: 7 }, true]);
  });

  it('answers only what the document promises', async () => {
    const world = withPayment({ arrivals: [arrival(1n)], forward: machine(), metadata: '{"cart":7}' });
    const { body } = await world.as('buyer').get(path);
    anyPaymentDocument.parse(body);
    expect(body.metadata).to.deep.equal({ cart: 7 });
  });

  it('finds a payment whose projection is still on its way, for its parties only', async () => {
    const world = standIn();
    world.transitions.push(transition(1));
    expect((await world.as('buyer').get(path)).body).to.include({ id: paymentId, seq: 1 });
    expectProblem(await world.as('buyer', 'buyer-2').get(path), 404, 'not_found');
  });

  it('takes literal paths and odd ids for what they are', async () => {
    const { as } = withPayment();
    expect((await as('admin').get('/api/payment/health')).body).to.have.property('endpoints');
    for (const id of ['1', 'suspense-bsc-usdt', paymentId.toUpperCase(), '%00', '..%2Fx']) {
      expectProblem(await as('admin').get(`/api/payment/${id}`), 404, 'not_found');
    }
  });
});
