import { expect } from 'chai';
import request from 'supertest';
import { createIssueApiKey } from '../../server/commands/issueApiKey.ts';
import type { ApiKey } from '../../server/ports/apiKeys.ts';
import { createSecretBox } from '../../server/providers/identity/secretBox.ts';
import { randomIds } from '../support/factories.ts';
import { nowMs, standIn } from './standIn.ts';
import { expectProblem } from './standingCases.ts';

const path = '/api/payment/v1/api-keys';
const body = { name: 'shop', scopes: ['read', 'intents'] };

function stage(most = 100) {
  const kept = new Map<string, ApiKey>();
  const apiKeys = {
    insert: async (key: ApiKey) => {
      if (kept.size >= most) return 'tooMany' as const;
      if (kept.has(key.id)) return 'sameId' as const;
      kept.set(key.id, key);
      return 'kept' as const;
    },
    list: async () => [...kept.values()],
  };
  const secretBox = createSecretBox([{ kid: 'a', key: Buffer.alloc(32, 7) }]);
  const issueApiKey = createIssueApiKey({ apiKeys, secretBox, clock: { now: () => nowMs }, ids: randomIds });
  return { ...standIn({ commands: { issueApiKey }, deps: { apiKeys } }), kept, secretBox };
}

describe('POST and GET /api/payment/v1/api-keys', () => {
  it('shows the secret once, and keeps it only sealed to its place', async () => {
    const { as, kept, secretBox } = stage();
    const answer = await as('admin').post(path, body);
    expect(answer.status, answer.text).to.equal(201);
    const { secret, id } = answer.body.data;
    expect(secret).to.match(/^hfs_[0-9a-f]{64}$/);
    const key = kept.get(id);
    expect(JSON.stringify([...kept.values()])).to.not.include(secret);
    const place = { collection: 'api_keys', id, field: 'sealedSecret' };
    expect(secretBox.open(place, key?.sealedSecret ?? '')).to.equal(secret);
    expect(() => secretBox.open({ ...place, id: 'hfk_other' }, key?.sealedSecret ?? '')).to.throw('belongs');
    const listed = await as('admin').get(path);
    expect(listed.text).to.not.include(secret);
    expect(listed.text).to.not.include(key?.sealedSecret);
    expect(listed.body.data[0]).to.include({ id, state: 'live', createdBy: 'admin-1', expiresAt: null });
  });

  it('issues one key for one idempotency key, and never shows or stores its secret again', async () => {
    const { as, kept } = stage();
    const answers = await Promise.all([1, 2, 3].map(() => as('admin').post(path, body, 'key-1')));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([201, 409, 409]);
    expectProblem(await as('admin').post(path, body, 'key-1'), 409, 'secret_already_shown');
    expect(kept.size).to.equal(1);
  });

  it('refuses a call without a token, and everybody but admins', async () => {
    const { app, as, kept } = stage();
    expectProblem(await request(app).post(path).send(body), 401, 'not_authenticated');
    for (const role of ['buyer', 'seller', 'auditor'] as const) {
      expectProblem(await as(role).post(path, body), 403, 'forbidden');
      expectProblem(await as(role).get(path), 403, 'forbidden');
    }
    expect(kept.size).to.equal(0);
  });

  const badBodies = {
    empty: {},
    'no scope': { ...body, scopes: [] },
    'a scope that is none': { ...body, scopes: ['admin'] },
    'no name': { ...body, name: ' ' },
    'an end that is none': { ...body, expiresInDays: 0 },
    'a key that pays out for ever': { ...body, scopes: ['payouts'] },
    'a key that pays out for long': { ...body, scopes: ['payouts'], expiresInDays: 91 },
    'an operator': { ...body, name: { $ne: '' } },
  };
  for (const [name, bad] of Object.entries(badBodies)) {
    it(`refuses a bad body: ${name}`, async () => {
      const { as, kept } = stage();
      expectProblem(await as('admin').post(path, bad), 400, 'validation_failed');
      expect(kept.size).to.equal(0);
    });
  }

  it('says when there are as many keys as there may be', async () => {
    const { as } = stage(1);
    expect((await as('admin').post(path, body)).status).to.equal(201);
    expectProblem(await as('admin').post(path, body), 409, 'too_many_keys');
  });
});
