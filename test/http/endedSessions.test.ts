import { expect } from 'chai';
import request from 'supertest';
import { AppError } from '../../server/errors.ts';
import { splitOperation } from '../../server/http/endpoint.ts';
import { type Operation, policies, ruleOf } from '../../server/http/policies.ts';
import { paymentId } from './records.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const known = (Object.keys(policies) as Operation[]).filter(
  (operation) => Array.isArray(ruleOf(operation).access) || ruleOf(operation).token === 'optional',
);
const urlOf = (operation: Operation) => splitOperation(operation).path.replace(/:[A-Za-z]+/g, paymentId);

/** An app that an admin asks whose session has ended, or who has none of ours. */
function stage(sessionId?: string) {
  const asked: string[] = [];
  const demandOpenSession = async (id: string) => {
    asked.push(id);
    throw new AppError('session_ended', 'Ended.');
  };
  const admin = { userId: 'adm-1', role: 'admin', ...(sessionId === undefined ? {} : { sessionId }) } as const;
  const world = standIn({ deps: { demandOpenSession, verifyToken: () => admin } });
  const ask = (operation: Operation) =>
    request(world.app)[splitOperation(operation).method](urlOf(operation)).set('Authorization', 'Bearer t').send({});
  return { ...world, asked, ask };
}

describe('a token whose session has ended', () => {
  it('opens nothing any more: no read, no export, no debug, no write, no open route that shows its holder more', async () => {
    const { ask, calls, asked } = stage('s-1');
    for (const operation of known) expectProblem(await ask(operation), 401, 'session_ended');
    expect(calls).to.deep.equal([]);
    expect(asked).to.have.length(known.length);
    expect(known).to.include.members(['GET /api/payment/export', 'GET /api/payment/:id/debug', 'PUT /api/payment/:id']);
  });

  it('is never looked for behind a token of the marketplace, which has no session here', async () => {
    const { ask, asked } = stage();
    expect((await ask('GET /api/payment')).status).to.equal(200);
    expect(asked).to.deep.equal([]);
  });
});
