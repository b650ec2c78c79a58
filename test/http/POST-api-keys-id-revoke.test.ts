import { expect } from 'chai';
import { createRevokeApiKey } from '../../server/commands/revokeApiKey.ts';
import type { ApiKey } from '../../server/ports/apiKeys.ts';
import { nowMs, standIn } from './standIn.ts';
import { behavesLikeMutation, expectProblem } from './standingCases.ts';

const id = `hfk_${'a'.repeat(24)}`;
const key: ApiKey = {
  ...{ id, name: 'shop', scopes: ['read'], createdBy: 'admin-1', createdAtMs: nowMs, expiresAtMs: null },
  ...{ revokedAtMs: nowMs, lastUsedAtMs: null, sealedSecret: 'canary-of-this-test' },
};
const apiKeys = { revoke: async (wanted: string) => (wanted === id ? key : null) };
const revokeApiKey = createRevokeApiKey({ apiKeys, clock: { now: () => nowMs } });

describe('POST /api/payment/v1/api-keys/:id/revoke', () => {
  behavesLikeMutation({
    path: `/api/payment/v1/api-keys/${id}/revoke`,
    otherPath: `/api/payment/v1/api-keys/hfk_${'b'.repeat(24)}/revoke`,
    role: 'admin',
    wrongRoles: ['buyer', 'seller', 'auditor'],
    body: {},
    badBodies: { 'a field': { at: 'now' } },
    command: 'revokeApiKey',
    commands: { revokeApiKey },
    claims: false,
  });

  it('says that the key has ended, and nothing of its secret', async () => {
    const answer = await standIn({ commands: { revokeApiKey } })
      .as('admin')
      .post(`/api/payment/v1/api-keys/${id}/revoke`);
    expect(answer.body.data).to.include({ id, state: 'revoked' });
    expect(answer.text).to.not.include('canary');
  });

  it('knows no other key, and no other form of one', async () => {
    const { as } = standIn({ commands: { revokeApiKey } });
    for (const other of [`hfk_${'b'.repeat(24)}`, 'hfk_x', '%7B%7D'])
      expectProblem(await as('admin').post(`/api/payment/v1/api-keys/${other}/revoke`), 404, 'not_found');
  });
});
