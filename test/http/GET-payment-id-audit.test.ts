import { expect } from 'chai';
import request from 'supertest';
import type { PaymentAuditReport } from '../../server/commands/auditPayment.ts';
import { AppError } from '../../server/errors.ts';
import { otherPaymentId, paymentId } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = `/api/payment/${paymentId}/audit`;
const blocks = [{ network: 'bsc', chainId: 31337, number: 42, hash: `0x${'ab'.repeat(32)}` }];
const clean: PaymentAuditReport = { paymentId, transitions: 5, blocks, violations: [], parked: [], notCompared: [] };
const missing = {
  invariant: 'I1',
  record: `${paymentId}:000003`,
  detail: 'missing: 1 transition(s); the next that is there is …',
} as const;

const finding = (found: Partial<PaymentAuditReport>) =>
  standIn({ commands: { auditPayment: async () => ({ ...clean, ...found }) } });

describe('GET /api/payment/:id/audit', () => {
  it('says that everything holds, and at which block that was compared', async () => {
    const { body, status } = await finding({}).as('auditor').get(path);
    expect(status).to.equal(200);
    const data = { paymentId, holds: true, transitions: 5, blocks, violations: [], parked: [], notCompared: [] };
    expect(body).to.deep.equal({ success: true, data });
  });

  it('names the record of each violation, and effects that wait for a person', async () => {
    const parked = [{ record: `${paymentId}-4-1`, reason: 'tried 10 times', ageMs: 61_499 }];
    const { body } = await finding({ violations: [missing], parked })
      .as('admin')
      .get(path);
    expect(body.data).to.include({ holds: false });
    expect(body.data.violations).to.deep.equal([missing]);
    expect(body.data.parked).to.deep.equal([{ effect: `${paymentId}-4-1`, reason: 'tried 10 times', ageSeconds: 61 }]);
  });

  it('names the network that is not configured any more, which it could not look at', async () => {
    const { body } = await finding({ blocks: [], notCompared: ['heco'] })
      .as('admin')
      .get(path);
    expect(body.data).to.include({ holds: true });
    expect(body.data.notCompared).to.deep.equal(['heco']);
  });

  it('audits the payment that was asked for, and only reads', async () => {
    const world = finding({});
    await world.as('admin').get(`/api/payment/${otherPaymentId}/audit`);
    expect(world.calls).to.deep.equal([{ command: 'auditPayment', input: otherPaymentId }]);
  });

  it('lets nobody in without a token, and no party of the payment', async () => {
    const { app, as, calls } = finding({});
    expectProblem(await request(app).get(path), 401, 'not_authenticated');
    for (const role of ['buyer', 'seller'] as const) expectProblem(await as(role).get(path), 403, 'forbidden');
    expect(calls).to.deep.equal([]);
  });

  it('refuses a query, and knows no payment of an impossible id', async () => {
    const { as, calls } = finding({});
    expectProblem(await as('admin').get(`${path}?deep=1`), 400, 'validation_failed');
    expectProblem(await as('admin').get('/api/payment/a%20b/audit'), 404, 'not_found');
    expect(calls).to.deep.equal([]);
  });

  it('answers 404 for a payment that is not there, and 503 while no node answers or when it reaches too far back', async () => {
    const failing = (code: 'not_found' | 'chain_unavailable' | 'report_too_large') =>
      standIn({
        commands: {
          auditPayment: async () => {
            throw new AppError(code, 'It is so.');
          },
        },
      });
    expectProblem(await failing('not_found').as('admin').get(path), 404, 'not_found');
    expectProblem(await failing('chain_unavailable').as('admin').get(path), 503, 'chain_unavailable');
    expectProblem(await failing('report_too_large').as('admin').get(path), 503, 'report_too_large');
  });
});
