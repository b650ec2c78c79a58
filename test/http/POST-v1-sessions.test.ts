import { expect } from 'chai';
import request from 'supertest';
import { AppError } from '../../server/errors.ts';
import { behavesLikeOpenMutation, opened } from './sessionCases.ts';
import { rateLimits, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/v1/sessions';
const body = { name: 'anna', password: 'canary-password' };
const commands = { openSession: async () => opened };

describe('POST /api/payment/v1/sessions', () => {
  behavesLikeOpenMutation({
    path,
    body,
    badBodies: {
      nothing: {},
      'no password': { name: 'anna' },
      'an operator object': { name: { $ne: '' }, password: { $ne: '' } },
      'a password without end': { ...body, password: 'x'.repeat(129) },
      'a code that is none': { ...body, code: '12345' },
    },
    command: 'openSession',
    commands,
  });

  it('answers both tokens, their ends, and whether a second factor is set', async () => {
    const answer = await request(standIn({ commands }).app).post(path).send(body);
    expect(answer.body).to.deep.equal({
      success: true,
      data: {
        accessToken: opened.access.token,
        tokenType: 'Bearer',
        expiresAt: '2026-11-21T12:15:00.000Z',
        refreshToken: opened.refreshToken,
        refreshUntil: '2026-11-28T12:00:00.000Z',
        secondFactor: 'set',
      },
    });
  });

  it('counts an IPv6 network as one address, so that its owner has not 2^64 of them', async () => {
    const { app, calls } = standIn({ commands, settings: { trustProxy: 1 } });
    for (const address of ['2001:db8:1:200::1', '2001:db8:1:2ff::9'])
      await request(app).post(path).set('X-Forwarded-For', address).send(body);
    const [first, second] = calls.map(({ input }) => input as { address: string });
    expect(first?.address).to.equal(second?.address);
    expect(first?.address).to.include('2001:db8:1:200');
  });

  for (const [code, status] of [
    ['login_refused', 401],
    ['code_required', 401],
    ['code_refused', 403],
    ['rate_limited', 429],
    ['busy', 503],
  ] as const) {
    it(`answers ${status} for ${code}`, async () => {
      const openSession = async () => {
        throw new AppError(code, 'No.');
      };
      expectProblem(
        await request(standIn({ commands: { openSession } }).app)
          .post(path)
          .send(body),
        status,
        code,
      );
    });
  }

  it('has a budget per address beside the tries that are counted', async () => {
    const { app } = standIn({ commands, settings: { rateLimits: { ...rateLimits, anonymousPerMinute: 1 } } });
    await request(app).post(path).send(body);
    expectProblem(await request(app).post(path).send(body), 429, 'rate_limited');
  });
});
