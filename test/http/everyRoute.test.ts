import { expect } from 'chai';
import request from 'supertest';
import { splitOperation } from '../../server/http/endpoint.ts';
import { endpoints } from '../../server/http/endpoints/catalog.ts';
import { type Operation, policies, ruleOf } from '../../server/http/policies.ts';
import type { Role } from '../../server/ports.ts';
import { paymentId } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const roles: readonly Role[] = ['buyer', 'seller', 'admin', 'auditor'];
const operations = Object.keys(policies) as Operation[];
const restricted = operations.filter((operation) => Array.isArray(ruleOf(operation).access));

/** Written by hand: who may do what, in the order buyer, seller, admin, auditor. */
const table: Record<string, string> = {
  'POST /api/requests': 'b---',
  'GET /api/requests': 'bsax',
  'GET /api/requests/:id': 'bsax',
  'POST /api/requests/:id/offers': '-s--',
  'GET /api/requests/:id/offers': 'bsax',
  'POST /api/requests/:id/offers/:offerId/accept': 'b-a-',
  'GET /api/payment/shkeeper/webhook-stats': '--a-',
  'POST /api/payment/shkeeper/intents': 'b---',
  'POST /api/payment/shkeeper/confirm-transaction': 'bsa-',
  'POST /api/payment/shkeeper/payout': '--a-',
  'GET /api/payment/shkeeper/payout/status/:taskId': 'bsax',
  'POST /api/payment/shkeeper/payout/:externalId/resolve': '--a-',
  'POST /api/payment/shkeeper/release-batch': '--a-',
  'POST /api/payment/shkeeper/release-batch/confirm': '--a-',
  'POST /api/payment/shkeeper/:id/release': '--a-',
  'POST /api/payment/shkeeper/:id/release/confirm': '--a-',
  'POST /api/payment/shkeeper/:id/refund': '--a-',
  'POST /api/payment/shkeeper/:id/refund/confirm': '--a-',
  'POST /api/payment/shkeeper/trigger-webhook': 'bsa-',
  'POST /api/payment/v1/api-keys': '--a-',
  'GET /api/payment/v1/api-keys': '--a-',
  'POST /api/payment/v1/api-keys/:id/revoke': '--a-',
  'POST /api/payment/v1/sessions/step-up': '--ax',
  'POST /api/payment/v1/second-factor': '--ax',
  'POST /api/payment/v1/second-factor/confirm': '--ax',
  'GET /api/payment/decentralized/history/:userId': 'bsax',
  'POST /api/payment/decentralized/save': 'b---',
  'POST /api/payment/decentralized/verify-all-pending': '--a-',
  'POST /api/payment/decentralized/admin-payout': '--a-',
  'POST /api/payment': 'b-a-',
  'POST /api/payment/verify': 'bsa-',
  'POST /api/payment/payments/:id/fetch-tx': 'bsa-',
  'POST /api/payment/payments/auto-fetch-missing': '--a-',
  'GET /api/payment/ledger/trial-balance': '--ax',
  'GET /api/payment/ledger/reconciliation': '--ax',
  'GET /api/payment/ledger/parties/:userId': '--ax',
  'GET /api/payment/:id/ledger': '--ax',
  'GET /api/payment/:id/audit': '--ax',
  'GET /api/payment': 'bsax',
  'POST /api/payment/payments/cleanup-pending': '--a-',
  'GET /api/payment/:id/debug': '--a-',
  'GET /api/payment/stats': 'bsax',
  'GET /api/payment/stats/:userId': 'bsax',
  'GET /api/payment/export': 'bsax',
  'GET /api/payment/export/:userId': 'bsax',
  'GET /api/payment/user/:userId': 'bsax',
  'GET /api/payment/:id': 'bsax',
  'PUT /api/payment/:id': 'bsa-',
  'GET /api/payment/:id/events': 'bsax',
  'POST /api/payment/:id/accept-late': '--a-',
};

const concrete = (path: string) => path.replace(/:[A-Za-z]+/g, paymentId);

describe('every route', () => {
  it('is described by exactly one endpoint, and every endpoint is decided by the policies', () => {
    expect([...endpoints.keys()].sort()).to.deep.equal([...operations].sort());
  });

  it('is decided by hand for every role', () => {
    expect(restricted.toSorted()).to.deep.equal(Object.keys(table).sort());
  });

  for (const operation of operations) {
    it(`is mounted: ${operation}`, async () => {
      const { method, path } = splitOperation(operation);
      const answer = await request(standIn().app)[method](concrete(path));
      expect(answer.body.message ?? '').to.not.equal('There is nothing at this address.');
    });
  }

  for (const operation of restricted) {
    const { method, path } = splitOperation(operation);

    it(`lets nobody in without a token: ${operation}`, async () => {
      const { app, calls } = standIn();
      expectProblem(await request(app)[method](concrete(path)), 401, 'not_authenticated');
      expect(calls).to.deep.equal([]);
    });

    roles.forEach((role, index) => {
      const open = table[operation]?.[index] !== '-';
      it(`${open ? 'opens to' : 'stays closed to'} ${role}: ${operation}`, async () => {
        const { as } = standIn();
        const answer = await as(role)[method](concrete(path));
        if (open) expect(answer.status).to.not.be.oneOf([401, 403]);
        else expectProblem(answer, 403, 'forbidden');
      });
    });
  }
});
