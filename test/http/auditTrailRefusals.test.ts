import { expect } from 'chai';
import request from 'supertest';
import type { OpenSessionInput } from '../../server/commands/openSession.ts';
import type { TrailEvent } from '../../server/domain/auditTrail.ts';
import { AppError, type ErrorCode } from '../../server/errors.ts';
import { eventually } from '../support/eventually.ts';
import { paymentId } from './records.ts';
import { opened } from './sessionCases.ts';
import { bearer, rateLimits, standIn } from './standIn.ts';

const v1 = '/api/payment/v1';
const canary = 'canary-of-this-test';
const keyId = `hfk_${'a'.repeat(24)}`;
const signed = { 'X-Api-Key': keyId, 'X-Timestamp': '1', 'X-Signature': '0'.repeat(64), 'Idempotency-Key': 'k' };
const credentials = { name: canary, password: `${canary}-password`, code: '123456' };

/** An app that refuses by the code it is told, and what its trail was told. */
function stage({ own = false, limit = 10_000 }: { own?: boolean; limit?: number } = {}) {
  const events: TrailEvent[] = [];
  let refusal: AppError | null = null;
  const decide = (): void => {
    if (refusal !== null) throw refusal;
  };
  const openSession = async ({ tellAccount }: OpenSessionInput) => {
    tellAccount?.('adm-1');
    decide();
    return opened;
  };
  const refused = async () => {
    decide();
    throw new Error('a refusal was expected');
  };
  const world = standIn({
    commands: { openSession, stepUp: refused, refreshSession: refused, endSession: async () => undefined },
    settings: { rateLimits: { ...rateLimits, anonymousPerMinute: limit, hintPerMinute: limit } },
    deps: {
      trail: async (event) => void events.push(event),
      knowServer: async () => {
        decide();
        return { keyId, scopes: ['read'], onBehalfOf: null };
      },
      demandOpenSession: async () => decide(),
      ...(own ? { verifyToken: () => ({ userId: 'adm-1', role: 'auditor', sessionId: 's-1' }) } : {}),
    },
  });
  const refuse = (code: ErrorCode, reason?: string) => {
    refusal = new AppError(code, 'No.', reason === undefined ? {} : { details: { reason } });
  };
  /** Who, what and how it ended, of the newest of so many records. */
  async function newest(count: number): Promise<readonly unknown[]> {
    const what = `${count} events`;
    await eventually(() => (events.length >= count ? true : null), { timeoutMs: 5_000, what });
    expect(events).to.have.length(count);
    expect(JSON.stringify(events)).to.not.include(canary);
    const { category, actor, action, outcome, address } = events.at(-1) ?? {};
    expect(address).to.include('127.0.0.1');
    return [category, actor, action, outcome];
  }
  return { ...world, events, refuse, newest };
}

describe('the audit trail hears of every log-in', () => {
  const post = (world: ReturnType<typeof stage>) => request(world.app).post(`${v1}/sessions`).send(credentials);

  it('that succeeded, with the account that proved itself', async () => {
    const world = stage();
    await post(world);
    expect(await world.newest(1)).to.deep.equal(['security', 'adm-1', `POST ${v1}/sessions`, '200']);
  });

  for (const [code, status] of [
    ['login_refused', 401],
    ['code_required', 401],
    ['code_refused', 403],
    ['rate_limited', 429],
    ['busy', 503],
  ] as const) {
    it(`that ended with ${code}, with the account that it only claimed to be`, async () => {
      const world = stage();
      world.refuse(code);
      await post(world);
      const outcome = `${status} ${code}`;
      expect(await world.newest(1)).to.deep.equal(['security', 'claims:adm-1', `POST ${v1}/sessions`, outcome]);
    });
  }

  it('that came too often from one address', async () => {
    const world = stage({ limit: 1 });
    await post(world);
    await post(world);
    expect((await world.newest(2)).slice(2)).to.deep.equal([`POST ${v1}/sessions`, '429 rate_limited']);
  });

  it('and of no body that was no log-in, nor of a log-out that ended nothing', async () => {
    const world = stage();
    await request(world.app).post(`${v1}/sessions`).send({ name: canary });
    await request(world.app)
      .post(`${v1}/sessions/end`)
      .send({ refreshToken: 'R'.repeat(43) });
    await post(world);
    await world.newest(1);
  });
});

describe('the audit trail hears of every refusal', () => {
  it('of a second factor, also of those who are no admins', async () => {
    const world = stage({ own: true });
    const { app, refuse, newest } = world;
    const stepUp = () => request(app).post(`${v1}/sessions/step-up`).set('Authorization', 'Bearer t');
    let count = 0;
    for (const [code, status] of [
      ['code_refused', 403],
      ['rate_limited', 429],
      ['second_factor_missing', 409],
    ] as const) {
      refuse(code);
      await stepUp().send({ code: '123456' });
      count += 1;
      // the stand-in refuses at the first door that asks: the session's
      expect((await newest(count)).slice(0, 2)).to.deep.equal(['security', 'adm-1']);
      expect(world.events.at(-1)?.outcome).to.equal(`${status} ${code}`);
    }
  });

  it('of a session that has ended, also when it only reads', async () => {
    const { app, refuse, newest } = stage({ own: true });
    refuse('session_ended');
    await request(app).get('/api/payment/export').set('Authorization', 'Bearer t');
    expect(await newest(1)).to.deep.equal(['security', 'adm-1', 'GET /api/payment/export', '401 session_ended']);
  });

  for (const reason of ['signature_mismatch', 'replayed', 'key_revoked', 'key_expired', 'timestamp_outside_window']) {
    it(`of a key: ${reason}, with the key that was named but not proven`, async () => {
      const { app, refuse, newest } = stage();
      refuse('invalid_signature', reason);
      await request(app).get('/api/payment').set(signed);
      const outcome = `401 invalid_signature ${reason}`;
      expect(await newest(1)).to.deep.equal(['security', `claims:${keyId}`, 'GET /api/payment', outcome]);
    });
  }

  it('of a key that does not have the scope, or asks for what is not open to keys', async () => {
    const { app, newest } = stage();
    await request(app).post('/api/payment/shkeeper/payout').set(signed).send({});
    const payout = ['security', keyId, 'POST /api/payment/shkeeper/payout', '403 forbidden payouts'];
    expect(await newest(1)).to.deep.equal(payout);
    await request(app).get(`${v1}/api-keys`).set(signed);
    expect(await newest(2)).to.deep.equal(['security', keyId, `GET ${v1}/api-keys`, '403 forbidden']);
  });

  it('of a write by somebody known, and of every write that came too often', async () => {
    const { app, as, newest } = stage({ limit: 1 });
    await as('buyer').post(`/api/payment/shkeeper/${paymentId}/release`, {});
    expect((await newest(1)).slice(1)).to.deep.equal([
      'buyer-1',
      'POST /api/payment/shkeeper/:id/release',
      '403 forbidden',
    ]);
    const hint = () => request(app).post(`/api/payment/decentralized/verify/${paymentId}`).send({});
    await hint();
    await hint();
    expect((await newest(2)).slice(1)).to.deep.equal([
      '',
      'POST /api/payment/decentralized/verify/:paymentId',
      '429 rate_limited',
    ]);
  });

  it('whatever the spelling of the path ends with', async () => {
    const { app, refuse, newest } = stage();
    refuse('login_refused');
    await request(app).post(`${v1}/sessions/`).send(credentials);
    expect((await newest(1)).slice(2)).to.deep.equal([`POST ${v1}/sessions`, '401 login_refused']);
  });

  it('and not of tokens that merely ran out, nor of what is read and is not there', async () => {
    const { app, as, events } = stage();
    await request(app).post('/api/payment/shkeeper/payout').set('Authorization', 'Bearer x').send({});
    await as('buyer').get(`/api/payment/${paymentId}`);
    await request(app).put(`/api/payment/${paymentId}`).set('Authorization', bearer('auditor')).send({});
    await eventually(() => (events.length > 0 ? true : null), { timeoutMs: 5_000, what: 'the last call' });
    expect(events.map(({ actor }) => actor)).to.deep.equal(['auditor-1']);
  });
});
