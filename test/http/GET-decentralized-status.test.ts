import { expect } from 'chai';
import request from 'supertest';
import { addPayment } from './records/openPaymentWorld.ts';
import { addressOf, arrival, otherPaymentId, paymentId, paymentState } from './records.ts';
import { rateLimits, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = `/api/payment/decentralized/status/${paymentId}`;
const paid = paymentState({ status: 'completed', arrivals: [arrival(10n ** 20n)] });
function withPayment(state = paid, overrides: Parameters<typeof standIn>[0] = {}) {
  const world = standIn(overrides);
  addPayment(world, { state });
  return world;
}

describe('GET /api/payment/decentralized/status/:paymentId', () => {
  it('tells everybody how far it has come, and hides the wallet but for its ends', async () => {
    const answer = await request(withPayment().app).get(path);
    expect(answer.body, answer.text).to.deep.equal({
      success: true,
      data: {
        ...{ paymentId, status: 'completed', escrowState: 'funded', network: 'bsc', token: 'USDT' },
        ...{ confirmations: 10, confirmationsRequired: 3, wallet: '0x1111…1111' },
      },
    });
    expect(answer.text).to.not.include(addressOf('1'));
  });

  it('counts no confirmation of a transfer that was undone, and none before there is one', async () => {
    const undone = paymentState({ arrivals: [arrival(10n ** 20n, { reversed: true })] });
    const answer = await request(withPayment(undone).app).get(path);
    expect(answer.body.data).to.include({ confirmations: 0, wallet: null });
    const named = paymentState();
    const waiting = { ...named, terms: { ...named.terms, buyer: addressOf('d') } };
    expect((await request(withPayment(waiting).app).get(path)).body.data.wallet).to.equal('0xdddd…dddd');
  });

  it('never counts fewer than required for a transfer that was booked, also by a head that is a moment old', async () => {
    const young = paymentState({ status: 'completed', arrivals: [arrival(10n ** 20n, { blockNumber: 21 })] });
    const { data } = (await request(withPayment(young).app).get(path)).body;
    expect(data).to.include({ confirmations: 3, confirmationsRequired: 3 });
  });

  it('shows the document to parties and operators, and strangers no more than everybody', async () => {
    for (const role of ['buyer', 'seller', 'admin', 'auditor'] as const) {
      expect((await withPayment().as(role).get(path)).body.payment).to.include({ id: paymentId, buyerId: 'buyer-1' });
    }
    expect((await withPayment().as('buyer', 'buyer-2').get(path)).body).to.not.have.property('payment');
  });

  it('answers without a node, and asks one only once for all who ask within a moment', async () => {
    let asked = 0;
    const head = async () => {
      asked += 1;
      throw new Error('no node');
    };
    const { app } = withPayment(paid, { deps: { chain: { head } } });
    const answers = await Promise.all([1, 2, 3].map(() => request(app).get(path)));
    expect(answers.map(({ body }) => body.data.confirmations)).to.deep.equal([null, null, null]);
    expect(asked).to.equal(1);
  });

  it('knows no unknown payment, no payout and no id that is none', async () => {
    const { app } = withPayment();
    for (const id of ['f'.repeat(24), otherPaymentId, '1', '%7B%22$ne%22:1%7D']) {
      expectProblem(await request(app).get(`/api/payment/decentralized/status/${id}`), 404, 'not_found');
    }
  });

  it('is limited per address', async () => {
    const { app } = standIn({ settings: { rateLimits: { ...rateLimits, anonymousPerMinute: 1 } } });
    await request(app).get(path);
    expectProblem(await request(app).get(path), 429, 'rate_limited');
  });
});
