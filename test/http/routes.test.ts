import { expect } from 'chai';
import express from 'express';
import request from 'supertest';
import { idleApp } from '../../scripts/routes/idleApp.ts';
import { asTable } from '../../scripts/routes/table.ts';
import { listRoutes, mountedOperations } from '../../server/http/mounted.ts';
import { type Operation, policies, ruleOf } from '../../server/http/policies.ts';
import { bearer, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const operations = Object.keys(policies) as Operation[];
const ofDevelopment = operations.filter((operation) => ruleOf(operation).development);

describe('the list of mounted routes', () => {
  it('is the list of the policies, read from the router itself', () => {
    const { rows, unlisted, missing } = listRoutes(standIn().app);
    expect([unlisted, missing]).to.deep.equal([[], []]);
    expect(rows.map(({ method, path }) => `${method} ${path}`)).to.have.members(operations);
  });

  it('names a route that somebody mounts beside the list', () => {
    const { app } = standIn();
    const router = express.Router();
    router.delete('/api/payment/:id', () => undefined);
    app.use(router);
    expect(listRoutes(app).unlisted).to.deep.equal(['DELETE /api/payment/:id']);
  });

  it('says how each route is entered', () => {
    const row = (path: string) => listRoutes(standIn().app).rows.find((entry) => entry.path === path);
    expect(row('/livez')).to.include({ auth: 'none', idempotent: false });
    expect(row('/api/payment/shkeeper/webhook')).to.include({ auth: 'signature', idempotent: false });
    expect(row('/api/payment/shkeeper/:id/release')).to.deep.include({ auth: 'token', idempotent: true });
    expect(asTable(listRoutes(standIn().app).rows)).to.match(/^POST +\/api\/payment\/shkeeper\/intents +token +buyer/m);
  });

  it('can be made without anything behind the routes', () => {
    expect(mountedOperations(idleApp({ development: true }))).to.have.members(operations);
  });
});

describe('without the tools of development', () => {
  it('is no development route mounted, and everything else is', () => {
    const { missing, unlisted } = listRoutes(idleApp({ development: false }));
    expect(ofDevelopment).to.have.length(5);
    expect(missing).to.have.members(ofDevelopment);
    expect(unlisted).to.deep.equal([]);
  });

  for (const operation of ofDevelopment) {
    it(`answers 404 to anybody: ${operation}`, async () => {
      const { app } = standIn({ deps: { development: null } });
      const [method = '', path = ''] = operation.split(' ');
      const call = () => (method === 'GET' ? request(app).get(path) : request(app).post(path));
      expectProblem(await call(), 404, 'not_found');
      expectProblem(await call().set('Authorization', bearer('admin')), 404, 'not_found');
    });
  }
});
