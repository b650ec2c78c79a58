import { expect } from 'chai';
import type { ApiKey } from '../../server/ports/apiKeys.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const keyOf = (digit: string, own: Partial<ApiKey> = {}): ApiKey => ({
  ...{
    id: `hfk_${digit.repeat(24)}`,
    name: 'shop',
    scopes: ['read'],
    createdBy: 'admin-1',
    createdAtMs: Number(digit),
  },
  ...{ expiresAtMs: null, revokedAtMs: null, lastUsedAtMs: null, sealedSecret: 'sealed' },
  ...own,
});

describe('the store of keys of servers', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
  });
  after(() => opened.close());
  const keys = () => opened.store.apiKeys;

  it('keeps a key under its id once, and gives it back as it was', async () => {
    const key = keyOf('1', { scopes: ['read', 'payouts'], expiresAtMs: 5 });
    expect(await Promise.all([keys().insert(key), keys().insert(key)])).to.have.members(['kept', 'sameId']);
    expect(await keys().find(key.id)).to.deep.equal(key);
    expect(await keys().find('hfk_none')).to.equal(null);
  });

  it('lists the newest first', async () => {
    await keys().insert(keyOf('3'));
    await keys().insert(keyOf('2'));
    expect((await keys().list(2)).map(({ createdAtMs }) => createdAtMs)).to.deep.equal([3, 2]);
  });

  it('keeps the time of the first revocation', async () => {
    const { id } = keyOf('3');
    expect((await keys().revoke(id, 100))?.revokedAtMs).to.equal(100);
    expect((await keys().revoke(id, 200))?.revokedAtMs).to.equal(100);
    expect(await keys().revoke('hfk_none', 1)).to.equal(null);
  });

  it('notes a use once in a time, whoever notes it', async () => {
    const { id } = keyOf('2');
    await keys().touch(id, 1_000, -59_000);
    await keys().touch(id, 2_000, 500);
    expect((await keys().find(id))?.lastUsedAtMs).to.equal(1_000);
    await keys().touch(id, 61_000, 1_000);
    expect((await keys().find(id))?.lastUsedAtMs).to.equal(61_000);
  });

  it('takes no more live keys than a person can look through', async () => {
    const many = Array.from({ length: 100 }, (_, n) => keyOf('1', { id: `hfk_${n}` }));
    const outcomes = await many.reduce<Promise<string[]>>(
      async (before, key) => [...(await before), await keys().insert(key)],
      Promise.resolve([]),
    );
    expect(outcomes.at(-1)).to.equal('tooMany');
    await keys().revoke('hfk_0', 1);
    expect(outcomes.filter((outcome) => outcome === 'kept').length).to.be.within(90, 99);
  });
});
