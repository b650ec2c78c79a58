import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { freePort } from '../../scripts/services/freePort.ts';
import { type Program, startProgram } from '../../scripts/services/program.ts';
import { programPath } from '../../scripts/services/programPath.ts';
import { AppError } from '../../server/errors.ts';
import { createStore } from '../../server/store/createStore.ts';
import { openTestStore } from '../support/mongo.ts';

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('createStore', () => {
  it('answers a ping, and refuses with busy when the server does not answer', async () => {
    const opened = await openTestStore();
    await opened.store.ping();
    const fault = { mode: { times: 2 }, data: { failCommands: ['ping'], closeConnection: true } };
    const failure = await opened.failing(fault, () => failureOf(opened.store.ping()));
    expect(failure).to.be.instanceOf(AppError).with.property('code', 'busy');
    await opened.close();
  });

  describe('on a standalone server', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'holdfast-standalone-'));
    let program: Program;
    let port = 0;
    before(async () => {
      port = await freePort();
      const args = [
        '--dbpath',
        directory,
        '--port',
        String(port),
        '--bind_ip',
        '127.0.0.1',
        '--nounixsocket',
        '--quiet',
      ];
      program = await startProgram({ name: 'mongod', command: programPath('mongod'), args, directory });
      const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, { serverSelectionTimeoutMS: 20_000 });
      await client.db().command({ ping: 1 });
      await client.close();
    });
    after(async () => {
      await program.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    it('refuses to start and says what to do, because nothing acknowledged would be safe there', async () => {
      const failure = await failureOf(createStore({ uri: `mongodb://127.0.0.1:${port}/test` }));
      expect(failure).to.be.instanceOf(Error).with.property('message').that.includes('replica set');
    });
  });
});
