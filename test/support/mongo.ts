import { randomBytes } from 'node:crypto';
import { type Db, type Document, MongoClient } from 'mongodb';
import { createStore, type Store } from '../../server/store/createStore.ts';
import { uniqueDatabase } from './services.ts';

/** A store on a database of its own on the real mongod, with a second client to look from outside. */
export interface TestStore {
  readonly store: Store;
  readonly uri: string;
  readonly database: Db;
  /** Makes the server fail `store`'s commands, and no one else's, while `work` runs. */
  failing<T>(fault: { mode: Document | string; data: Document }, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Opens a store on a fresh database; `close` drops it. */
export async function openTestStore(): Promise<TestStore> {
  const { uri } = uniqueDatabase('store');
  const appName = `test-${randomBytes(6).toString('hex')}`;
  const store = await createStore({ uri, appName });
  const client = new MongoClient(uri);
  const database = client.db();
  return {
    store,
    uri,
    database,
    async failing({ mode, data }, work) {
      const admin = client.db('admin');
      await admin.command({ configureFailPoint: 'failCommand', mode, data: { ...data, appName } });
      try {
        return await work();
      } finally {
        await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
      }
    },
    async close() {
      await database.dropDatabase();
      await Promise.all([client.close(), store.close()]);
    },
  };
}
