import { expect } from 'chai';
import type { Express } from 'express';
import request from 'supertest';
import { AppError } from '../../server/errors.ts';
import { splitOperation } from '../../server/http/endpoint.ts';
import { type Operation, policies, ruleOf } from '../../server/http/policies.ts';
import { paymentId } from './records.ts';
import { bearer, nowMs, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const minute = 60_000;
const marked = (Object.keys(policies) as Operation[]).filter((operation) => ruleOf(operation).stepUp);
const urlOf = (operation: Operation) => splitOperation(operation).path.replace(/:[A-Za-z]+/g, paymentId);

/** An app that believes one admin, with a factor of the given age. */
function appWith(factorAtMs: number | undefined, more: { stepUpRequired?: boolean; ended?: boolean } = {}) {
  const { stepUpRequired = true, ended = false } = more;
  const own = { userId: 'adm-1', role: 'admin', sessionId: 's-1' } as const;
  const demandOpenSession = async () => {
    if (ended) throw new AppError('session_ended', 'Ended.');
  };
  return standIn({
    settings: { stepUpRequired },
    deps: { demandOpenSession, verifyToken: () => (factorAtMs === undefined ? own : { ...own, factorAtMs }) },
  });
}
const ask = (app: Express, operation: Operation) =>
  request(app)[splitOperation(operation).method](urlOf(operation)).set('Authorization', bearer('admin')).send({});

describe('the second factor before money moves', () => {
  it('is demanded by release, refund, payout, resolve, accept-late and batches', () => {
    expect(marked).to.include.members([
      'POST /api/payment/shkeeper/payout',
      'POST /api/payment/shkeeper/payout/:externalId/resolve',
      'POST /api/payment/shkeeper/release-batch',
      'POST /api/payment/shkeeper/:id/release',
      'POST /api/payment/shkeeper/:id/refund',
      'POST /api/payment/:id/accept-late',
    ]);
  });

  for (const operation of marked) {
    it(`guards ${operation}: none, old and future ones are refused before anything else is looked at`, async () => {
      for (const factorAtMs of [undefined, 0, nowMs - 5 * minute - 1, nowMs + minute]) {
        const { app, calls } = appWith(factorAtMs);
        const answer = await ask(app, operation);
        expectProblem(answer, 403, 'step_up_required');
        const stepUp = { operation: 'POST /api/payment/v1/sessions/step-up', maxAgeSeconds: 300 };
        expect(answer.body.stepUp).to.deep.equal(stepUp);
        expect(calls).to.deep.equal([]);
      }
      for (const factorAtMs of [nowMs, nowMs - 5 * minute])
        expect((await ask(appWith(factorAtMs).app, operation)).status).to.not.be.oneOf([401, 403]);
    });

    it(`closes ${operation} to a token whose session has ended, also where no factor is demanded`, async () => {
      for (const stepUpRequired of [true, false])
        expectProblem(await ask(appWith(nowMs, { stepUpRequired, ended: true }).app, operation), 401, 'session_ended');
    });
  }

  it('is not demanded of a server, whose key an admin had to show one for', async () => {
    expect(ruleOf('POST /api/payment/v1/api-keys').stepUp).to.equal(true);
    const knowServer = async () => ({ keyId: 'hfk_1', scopes: ['payouts'] as const, onBehalfOf: null });
    const { app } = standIn({ settings: { stepUpRequired: true }, deps: { knowServer } });
    const signed = { 'X-Api-Key': `hfk_${'0'.repeat(24)}`, 'X-Timestamp': '1', 'X-Signature': '0'.repeat(64) };
    const asServer = (operation: Operation) =>
      request(app)
        .post(urlOf(operation))
        .set({ ...signed, 'Idempotency-Key': 'k' })
        .send({});
    expect((await asServer('POST /api/payment/shkeeper/payout')).status).to.equal(400);
    expectProblem(await asServer('POST /api/payment/shkeeper/:id/release'), 403, 'forbidden');
  });

  it('is not demanded where the settings say so', async () => {
    const { app } = appWith(undefined, { stepUpRequired: false });
    expect((await ask(app, 'POST /api/payment/shkeeper/payout')).status).to.equal(400);
  });

  it('is not demanded for reading, nor for what only starts a look at the chain', async () => {
    const { app } = appWith(undefined);
    expect((await ask(app, 'GET /api/payment')).status).to.equal(200);
    expect((await ask(app, 'POST /api/payment/shkeeper/:id/release/confirm')).status).to.equal(400);
  });
});
