import { expect } from 'chai';
import request from 'supertest';
import { AppError } from '../../server/errors.ts';
import { behavesLikeOpenMutation, opened, refreshToken } from './sessionCases.ts';
import { standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/v1/sessions/refresh';
const commands = { refreshSession: async () => opened };

describe('POST /api/payment/v1/sessions/refresh', () => {
  behavesLikeOpenMutation({
    path,
    body: { refreshToken },
    badBodies: { nothing: {}, 'a short one': { refreshToken: 'x' }, 'a list': { refreshToken: [refreshToken] } },
    command: 'refreshSession',
    commands,
  });

  it('tells clients apart by address and agent, of which only a hash goes on', async () => {
    const { app, calls } = standIn({ commands });
    for (const agent of ['one', 'one', 'two'])
      await request(app).post(path).set('User-Agent', agent).send({ refreshToken });
    const clients = calls.map(({ input }) => (input as { client: string }).client);
    expect(new Set(clients).size).to.equal(2);
    for (const client of clients) expect(client).to.match(/^[0-9a-f]{64}$/);
  });

  it('answers 401 when the session has ended', async () => {
    const refreshSession = async () => {
      throw new AppError('session_ended', 'Ended.');
    };
    const { app } = standIn({ commands: { refreshSession } });
    expectProblem(await request(app).post(path).send({ refreshToken }), 401, 'session_ended');
  });
});
