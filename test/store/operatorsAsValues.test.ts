import { expect } from 'chai';
import { adminUserModel } from '../../server/models/adminUserModel.ts';
import type { AdminUser } from '../../server/ports/identity.ts';
import { connect, type StoreConnection } from '../../server/store/connection.ts';
import { openTestStore, type TestStore } from '../support/mongo.ts';

const atMs = 1_700_000_000_000;
const anna: AdminUser = {
  ...{ id: 'adm-1', name: 'anna', role: 'admin', passwordHash: 'hash', isDisabled: false, seed: null },
  ...{ pendingSeed: null, pendingAtMs: 0, backupCodes: ['code'], createdAtMs: atMs },
};

/** Texts, if the schemas of the routes were not there. */
const hostile = [{ $gt: '' }, { $ne: null }, { $exists: true }, { $regex: '.' }] as unknown as readonly string[];

describe('what names an account, a session, a key or an offer', () => {
  let opened: TestStore;
  before(async () => {
    opened = await openTestStore();
    const { users, sessions } = opened.store.identity;
    await users.insert(anna);
    const session = { id: 's-1', userId: anna.id, createdAtMs: atMs, expiresAtMs: Date.now() + 3_600_000 };
    await sessions.open({ ...session, endedAtMs: null }, 'token-1');
    const key = { id: 'hfk_1', name: 'shop', scopes: ['read'] as const, createdBy: anna.id };
    const times = { createdAtMs: atMs, expiresAtMs: null, revokedAtMs: null, lastUsedAtMs: null };
    await opened.store.apiKeys.insert({ ...key, ...times, sealedSecret: 'sealed' });
    await opened.database
      .collection<{ _id: string; requestId: string; sellerId: string }>('seller_offers')
      .insertOne({ _id: 'o-1', requestId: 'r-1', sellerId: 'seller-1' });
  });
  after(() => opened.close());

  const looks: Readonly<Record<string, (named: string) => Promise<unknown>>> = {
    'an account by its name': (named) => opened.store.identity.users.byName(named),
    'an account by its id': (named) => opened.store.identity.users.byId(named),
    'the account that is disabled': (named) => opened.store.identity.users.setDisabled(named, true),
    'a backup code': (named) => opened.store.identity.users.spendBackupCode(anna.id, named),
    'a session': (named) => opened.store.identity.sessions.session(named),
    'the session that ends': (named) => opened.store.identity.sessions.end(named, atMs, 'test'),
    'a refresh token': (named) => opened.store.identity.sessions.token(named),
    'a key': (named) => opened.store.apiKeys.find(named),
    'the key that is revoked': (named) => opened.store.apiKeys.revoke(named, atMs),
    'an offer by its request': (named) => opened.store.marketplace.hasOffer(named, 'seller-1'),
    'an offer by its seller': (named) => opened.store.marketplace.hasOffer('r-1', named),
    'a request': (named) => opened.store.marketplace.request(named),
  };
  for (const [what, look] of Object.entries(looks)) {
    it(`is never an operator of the database: ${what}`, async () => {
      for (const named of hostile) {
        const found = await look(named).then(
          (answer) => `answered ${JSON.stringify(answer)}`,
          (error: Error) => error.name,
        );
        expect(found, JSON.stringify(named)).to.equal('CastError');
      }
    });
  }

  describe('by Mongoose', () => {
    let connection: StoreConnection;
    before(async () => {
      connection = await connect({ uri: opened.uri });
    });
    after(() => connection.close());

    it('refuses a field that no schema knows, instead of finding nothing for ever', async () => {
      const asked = adminUserModel(connection.mongoose).exists({ nmae: anna.name } as object);
      const failure = await asked.then(
        (found) => `found ${JSON.stringify(found)}`,
        (error: Error) => error.name,
      );
      expect(failure).to.equal('StrictModeError');
    });

    it('shows no field under the name of another', async () => {
      const users = adminUserModel(connection.mongoose);
      const row = await users.findById(anna.id, { name: '$passwordHash' } as object).lean();
      expect(row).to.deep.equal({ _id: anna.id, name: anna.name });
    });
  });
});
