import { expect } from 'chai';
import request from 'supertest';
import { offering } from './offeredNetworks.ts';
import { addPayment } from './records/openPaymentWorld.ts';
import { addressOf, otherPaymentId, paymentId, paymentState } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/decentralized/receiver';
const spelled = (digit: string) => addressOf(digit).replace('0x', '0X');
function withPayment(state = paymentState()) {
  const world = standIn({ deps: { gateway: offering } });
  addPayment(world, { state });
  return world;
}

describe('GET /api/payment/decentralized/receiver', () => {
  it('names the contract of every network and says that a bare transfer to it pays nothing', async () => {
    const answer = await request(withPayment().app).get(path);
    expect(answer.status, answer.text).to.equal(200);
    expect(answer.body).to.include({ receiver: spelled('e'), perPayment: false, network: 'bsc', chainId: 31337 });
    expect(answer.body.networks.map((entry: { chainId: number }) => entry.chainId)).to.deep.equal([31337, 1]);
    expect(answer.body.message).to.include('pays no payment');
    expect(answer.text).to.not.include('amount');
    const one = await request(withPayment().app).get(`${path}?network=ETH`);
    expect(one.body.networks).to.have.length(1);
    expect(one.body).to.include({ network: 'eth', chainId: 1 });
    expectProblem(await request(withPayment().app).get(`${path}?network=tron`), 400, 'network_not_supported');
  });

  it('names the vault of a payment to its parties and operators', async () => {
    for (const role of ['buyer', 'seller', 'admin', 'auditor'] as const) {
      const answer = await withPayment().as(role).get(`${path}?paymentId=${paymentId}`);
      expect(answer.body, answer.text).to.include({
        receiver: spelled('7'),
        perPayment: true,
        network: 'bsc',
        paymentId,
      });
      expect(answer.body.tokenAddress).to.equal(spelled('5'));
    }
  });

  it('tells nobody and no stranger of a payment, and knows no payouts', async () => {
    const world = withPayment();
    expectProblem(await request(world.app).get(`${path}?paymentId=${paymentId}`), 401, 'not_authenticated');
    expectProblem(await world.as('buyer', 'buyer-2').get(`${path}?paymentId=${paymentId}`), 404, 'not_found');
    expectProblem(await world.as('buyer').get(`${path}?paymentId=${'f'.repeat(24)}`), 404, 'not_found');
    expectProblem(await world.as('admin').get(`${path}?paymentId=${otherPaymentId}`), 404, 'not_found');
    expectProblem(await world.as('buyer').get(`${path}?paymentId=1`), 400, 'validation_failed');
  });

  it('sends nobody to a payment that is over, or to another network', async () => {
    for (const status of ['completed', 'failed', 'cancelled', 'released', 'refunded'] as const) {
      const world = withPayment(paymentState({ status }));
      expectProblem(await world.as('buyer').get(`${path}?paymentId=${paymentId}`), 409, 'already_final');
    }
    const other = await withPayment().as('buyer').get(`${path}?paymentId=${paymentId}&network=eth`);
    expectProblem(other, 400, 'network_not_supported');
  });
});
