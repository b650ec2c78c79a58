import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import request from 'supertest';
import { createAdminUsers } from '../../server/commands/adminUsers.ts';
import { loadConfig } from '../../server/config.ts';
import { identityPartsOf } from '../../server/deps/identity.ts';
import { expectProblem } from '../http/standingCases.ts';
import { plant } from '../support/canaries.ts';
import { createTestClock } from '../support/clock.ts';
import { createTestLogger, randomIds } from '../support/factories.ts';
import { uniqueDatabase } from '../support/services.ts';
import { openTestApp, type TestApp } from '../support/testApp.ts';
import { codeAt, newKey, password } from './identityWorld.ts';

const { uri } = uniqueDatabaseOrNone();
const settings = {
  ...{ MONGODB_URI: uri, ENCRYPTION_KEYS: newKey('k1'), ADMIN_STEP_UP: 'required' },
  SESSION_SECRET: 'a session secret of tests, long enough too',
};
const v1 = '/api/payment/v1';
const accept = `/api/payment/${'a'.repeat(24)}/accept-late`;

/** The file is read also where no services run. */
function uniqueDatabaseOrNone(): { readonly uri: string } {
  return process.env.HOLDFAST_TEST_MONGODB_URI ? uniqueDatabase('identity') : { uri: '' };
}

describe('an admin of our own, over HTTP and on real parts', () => {
  let app: TestApp;
  let seed = '';
  const secrets: string[] = [password];
  const told = (secret: string) => void secrets.push(plant('a secret of a session', secret));
  before(async () => {
    app = await openTestApp(settings);
    const config = loadConfig({ JWT_SECRET: 'j'.repeat(32), ...settings });
    const clock = createTestClock(Date.now());
    const parts = { config, store: app.deps.store, clock, ids: randomIds, logger: createTestLogger().logger };
    const { address } = await createAdminUsers(identityPartsOf(parts)).create({
      name: 'anna',
      role: 'admin',
      password,
    });
    seed = new URL(address).searchParams.get('secret') ?? '';
    told(seed);
  });
  after(() => app.close());
  const post = (path: string, body: object, token = '') => {
    const asked = request(app.url).post(path).set('Idempotency-Key', `key-${path.length}`).send(body);
    return token === '' ? asked : asked.set('Authorization', `Bearer ${token}`);
  };
  const keep = (answer: { body: { data: Record<string, unknown> } }) => {
    for (const value of Object.values(answer.body.data).flat()) {
      if (typeof value === 'string' && /^eyJ|^[A-Za-z0-9_-]{43}$|^[A-Z2-7]{4}-/.test(value)) told(value);
    }
    return answer.body.data;
  };

  it('moves no money without a second factor, sets one, and then may ask', async () => {
    const opened = keep(await post(`${v1}/sessions`, { name: 'Anna', password }));
    expect(opened).to.include({ secondFactor: 'missing' });
    const first = String(opened.accessToken);
    expectProblem(await post(accept, {}, first), 403, 'step_up_required');
    expect((await request(app.url).get('/api/payment').set('Authorization', `Bearer ${first}`)).status).to.equal(200);

    const confirmed = keep(await post(`${v1}/second-factor/confirm`, { code: codeAt(seed, Date.now()) }, first));
    expect(confirmed.backupCodes).to.have.length(10);
    expectProblem(await post(accept, {}, String(confirmed.accessToken)), 404, 'not_found');
    expectProblem(await post(accept, {}, first), 403, 'step_up_required');

    const code = (confirmed.backupCodes as string[])[0] ?? '';
    const stepped = keep(await post(`${v1}/sessions/step-up`, { code }, first));
    expectProblem(await post(accept, {}, String(stepped.accessToken)), 404, 'not_found');
    expectProblem(await post(`${v1}/sessions/step-up`, { code }, first), 403, 'code_refused');

    const next = keep(await post(`${v1}/sessions/refresh`, { refreshToken: opened.refreshToken }));
    expect((await post(`${v1}/sessions/end`, { refreshToken: next.refreshToken })).status).to.equal(200);
    expectProblem(await post(accept, {}, String(stepped.accessToken)), 401, 'session_ended');
    for (const path of ['/api/payment', '/api/payment/export', `/api/payment/${'a'.repeat(24)}/debug`]) {
      const asked = await request(app.url).get(path).set('Authorization', `Bearer ${stepped.accessToken}`);
      expectProblem(asked, 401, 'session_ended');
    }
    expectProblem(await post(`${v1}/sessions/refresh`, { refreshToken: next.refreshToken }), 401, 'session_ended');
  });

  it('demands it of the marketplace’s admins as well', async () => {
    const theirs = app.bearer('admin').slice('Bearer '.length);
    expectProblem(await post(accept, {}, theirs), 403, 'step_up_required');
    expectProblem(await post(`${v1}/sessions/step-up`, { code: '123456' }, theirs), 403, 'forbidden');
  });

  it('has left no password, seed, code or token readable anywhere in the database', async () => {
    expect(secrets.length).to.be.above(15);
    const client = new MongoClient(uri);
    const collections = await client.db().listCollections({ type: 'collection' }).toArray();
    const rows = await Promise.all(collections.map(({ name }) => client.db().collection(name).find().toArray()));
    await client.close();
    const text = JSON.stringify(rows);
    expect(text).to.include('anna').and.include('argon2id');
    for (const secret of secrets) expect(text.includes(secret), secret.slice(0, 4)).to.equal(false);
  });
});
