import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { freePort } from '../../scripts/services/freePort.ts';
import { type Service, startMongod } from '../../scripts/services/mongod.ts';

describe('startMongod', () => {
  let directory = '';
  const running: Service[] = [];
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'holdfast-mongod-'));
  });
  after(async () => {
    for (const mongod of running.splice(0)) await mongod.stop();
    rmSync(directory, { recursive: true });
  });
  const start = async () => {
    const mongod = await startMongod({ directory, port: await freePort(), testCommands: true });
    running.push(mongod);
    return mongod;
  };
  const withClient = async <T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> => {
    const client = new MongoClient(url, { serverSelectionTimeoutMS: 10_000 });
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  };

  it('is the primary of its set again after a kill -9, on another port, with what was written by majority', async () => {
    const first = await start();
    await withClient(first.url, (client) =>
      client
        .db('kept')
        .collection('facts')
        .insertOne({ fact: 'kept' }, { writeConcern: { w: 'majority' } }),
    );
    await first.program.kill('SIGKILL');
    const second = await start();
    expect(second.port).to.not.equal(first.port);
    const found = await withClient(second.url, (client) => client.db('kept').collection('facts').findOne({}));
    expect(found?.fact).to.equal('kept');
  });

  it('takes over the folder from a mongod that an earlier start left running', async () => {
    const left = running.at(-1);
    const next = await start();
    expect(await left?.program.ended).to.match(/exit code 0|SIGTERM/);
    expect(next.program.isRunning()).to.equal(true);
  });
});
