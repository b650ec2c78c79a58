import { expect } from 'chai';
import { paymentId, paymentState, txHash } from './records.ts';
import { rateLimits, standIn } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const path = '/api/payment/shkeeper/confirm-transaction';
const body = { paymentId, transactionHash: txHash };
const commands = { confirmTransfer: async () => paymentState({ status: 'processing' }) };

describe('POST /api/payment/shkeeper/confirm-transaction', () => {
  behavesLikeMutation({
    path,
    role: 'buyer',
    wrongRoles: ['auditor'],
    body,
    otherBody: { ...body, transactionHash: `0x${'34'.repeat(32)}` },
    badBodies: {
      'no payment': { transactionHash: txHash },
      'no hash': { paymentId },
      'a hash that is too short': { paymentId, transactionHash: '0x12' },
      'a payment id that is none': { paymentId: 'AMN_1', transactionHash: txHash },
      'a status': { ...body, status: 'completed' },
    },
    command: 'confirmTransfer',
    commands,
    claims: false,
  });

  it('answers what the chain has proved so far, never more', async () => {
    const { as, calls } = standIn({ commands });
    const shouted = `0x${txHash.slice(2).toUpperCase()}`;
    const answer = await as('buyer').post(path, { ...body, transactionHash: shouted, network: 'bsc' });
    expect(calls[0]?.input).to.include({ paymentId, transactionHash: txHash });
    expect(answer.body).to.include({ success: true });
    expect(answer.body.data).to.deep.equal({
      paymentId,
      transactionHash: txHash,
      status: 'processing',
      escrowState: 'unfunded',
    });
  });

  it('limits how often one user may make us look, without limiting another', async () => {
    const { as } = standIn({
      commands,
      settings: { rateLimits: { ...rateLimits, hintPerMinute: 2, createPerMinute: 1 } },
    });
    await as('buyer').post(path, body);
    await as('buyer').post(path, body);
    const third = await as('buyer').post(path, body);
    expectProblem(third, 429, 'rate_limited');
    expect(Number(third.get('retry-after'))).to.be.within(1, 60);
    expect((await as('seller').post(path, body)).status).to.equal(200);
  });
});
