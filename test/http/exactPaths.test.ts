import { expect } from 'chai';
import request from 'supertest';
import { splitOperation } from '../../server/http/endpoint.ts';
import { mountedOperations } from '../../server/http/mounted.ts';
import type { Operation } from '../../server/http/policies.ts';
import { paymentId } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

describe('a path in another spelling', () => {
  const { app, as, calls } = standIn();
  const operations = mountedOperations(app).filter((operation) => operation !== 'GET /') as Operation[];
  const urlOf = (operation: Operation) => splitOperation(operation).path.replace(/:[A-Za-z]+/g, paymentId);
  const ask = (operation: Operation, path: string) => request(app)[splitOperation(operation).method](path);

  it('is no path: capitals reach no route, so nobody walks past what decides by a path', async () => {
    expect(operations.length).to.be.above(60);
    for (const operation of operations) {
      const spelled = urlOf(operation).replace(/[a-z](?=[a-z]*(\/|$))/, (letter) => letter.toUpperCase());
      expect(spelled).to.not.equal(urlOf(operation));
      expectProblem(await ask(operation, spelled), 404, 'not_found');
    }
    expectProblem(await ask('POST /api/payment', '/API/PAYMENT'), 404, 'not_found');
    expect(calls).to.deep.equal([]);
  });

  it('may end with a slash, as clients of the earlier version send it, and is then the same route', async () => {
    expect((await as('admin').get('/api/payment/')).status).to.equal(200);
  });
});
