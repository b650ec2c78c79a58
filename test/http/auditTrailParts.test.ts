import { expect } from 'chai';
import request from 'supertest';
import type { TrailEvent } from '../../server/domain/auditTrail.ts';
import { AppError } from '../../server/errors.ts';
import type { AppDeps, Commands } from '../../server/http/appDeps.ts';
import { eventually } from '../support/eventually.ts';
import { nowMs, standIn } from './standIn.ts';

const v1 = '/api/payment/v1';
const keyId = `hfk_${'a'.repeat(24)}`;
const signed = { 'X-Api-Key': keyId, 'X-Timestamp': '1', 'X-Signature': '0'.repeat(64), 'Idempotency-Key': 'k' };
/** More than one source may have in a minute, which are twenty. */
const many = 25;
const no = (code: 'forbidden' | 'login_refused') => async () => {
  throw new AppError(code, 'No.');
};

describe('who takes which part of the audit trail', () => {
  function stage(commands: Partial<Commands>, deps: Partial<AppDeps> = {}) {
    const events: TrailEvent[] = [];
    const trail = async (event: TrailEvent) => void events.push(event);
    const world = standIn({ commands, deps: { trail, ...deps }, settings: { trustProxy: 1 } });
    /** How many of these calls are recorded; the one at the end is, whatever came before it. */
    async function recordedOf(call: (n: number) => PromiseLike<unknown>): Promise<number> {
      for (let n = 0; n < many; n += 1) await call(n);
      await world.as('auditor').post(`${v1}/payout-approvals`, {});
      const isLast = ({ actor }: TrailEvent) => actor === 'auditor-1';
      await eventually(() => events.some(isLast), { timeoutMs: 5_000, what: 'the record of the last call' });
      return events.filter((event) => !isLast(event)).length;
    }
    return { ...world, recordedOf };
  }

  it('a change that an admin made is recorded, however many he made before it', async () => {
    const key = { id: keyId, name: 'a key', sealedSecret: '', scopes: [], createdBy: 'admin-1', createdAtMs: nowMs };
    const ended = { ...key, expiresAtMs: null, revokedAtMs: nowMs, lastUsedAtMs: null };
    const { as, recordedOf } = stage({ revokeApiKey: async () => ended });
    expect(await recordedOf(() => as('admin').post(`${v1}/api-keys/${keyId}/revoke`, {}))).to.equal(many);
  });

  it('a change that may have been made although its answer was an error is recorded as well', async () => {
    const revokeApiKey = async () => {
      throw new Error('the database is away');
    };
    const { as, recordedOf } = stage({ revokeApiKey });
    expect(await recordedOf(() => as('admin').post(`${v1}/api-keys/${keyId}/revoke`, {}))).to.equal(many);
  });

  it('what an admin is refused is bounded', async () => {
    const { as, recordedOf } = stage({});
    expect(await recordedOf(() => as('admin').post(`${v1}/api-keys`, {}))).to.equal(20);
  });

  it('a name that was claimed at a log-in has no part of its own', async () => {
    const openSession: Commands['openSession'] = async ({ name, tellAccount }) => {
      tellAccount?.(name);
      return no('login_refused')();
    };
    const { app, recordedOf } = stage({ openSession });
    const logIn = (n: number) =>
      request(app)
        .post(`${v1}/sessions`)
        .send({ name: `adm-${n}`, password: 'guess' });
    expect(await recordedOf(logIn)).to.equal(20);
  });

  it('a key that was claimed has no part of its own either', async () => {
    const { app, recordedOf } = stage({}, { knowServer: no('forbidden') });
    const claim = (n: number) => `hfk_${String(n).padStart(24, '0')}`;
    const call = (n: number) =>
      request(app)
        .get('/api/payment')
        .set({ ...signed, 'X-Api-Key': claim(n) });
    expect(await recordedOf(call)).to.equal(20);
  });

  it('a network of a household is one stranger', async () => {
    const { app, recordedOf } = stage({ openSession: no('login_refused') });
    const logIn = (n: number) =>
      request(app)
        .post(`${v1}/sessions`)
        .set('X-Forwarded-For', `2001:db8:1:22${String(n).padStart(2, '0')}::1`)
        .send({ name: 'adm-1', password: 'guess' });
    expect(await recordedOf(logIn)).to.equal(20);
  });

  it('a server is one source, for however many users it speaks', async () => {
    let users = 0;
    const knowServer: AppDeps['knowServer'] = async () => {
      users += 1;
      return { keyId, scopes: ['trade'], onBehalfOf: { userId: `buyer-${users}`, role: 'buyer' } };
    };
    const { app, recordedOf } = stage({ postRequest: no('forbidden') }, { knowServer });
    const post = (n: number) =>
      request(app)
        .post('/api/requests')
        .set({ ...signed, 'Idempotency-Key': `k${n}` })
        .send({ title: 'A bicycle' });
    expect(await recordedOf(post)).to.equal(20);
  });

  it('what was left out of it is written before the server has stopped', async () => {
    const written: TrailEvent[] = [];
    const last: (() => Promise<void>)[] = [];
    const trail = async (event: TrailEvent) => {
      await new Promise(setImmediate);
      written.push(event);
    };
    const { as } = standIn({ deps: { trail, atEnd: (work) => void last.push(work) } });
    for (let n = 0; n < many; n += 1) await as('admin').post(`${v1}/api-keys`, {});
    await Promise.all(last.map((work) => work()));
    expect(written.filter(({ outcome }) => outcome.startsWith('400'))).to.have.length(20);
    expect(written.at(-1)?.outcome).to.match(/^[1-5] more$/);
  });
});
