import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { MongoClient, MongoNetworkError } from 'mongodb';
import { eventually } from '../support/eventually.ts';
import { uniqueDatabase } from '../support/services.ts';
import { withFailPoint } from './support/failPoint.ts';
import { type FaultProxy, httpText, mongoCommand, startProxy } from './support/proxy.ts';

const soonMs = 5_000;
const soon = (what: string, check: () => boolean) => eventually(check, { timeoutMs: soonMs, what });

/** A client's end of a connection through the proxy. */
interface End {
  readonly socket: Socket;
  heard(): string;
  closed(): boolean;
}

describe('faults: the TCP proxy', () => {
  const far: string[] = [];
  const ends: End[] = [];
  let proxy: FaultProxy;
  const echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      far.push(data.toString());
      socket.write(`re ${data}`);
    });
  });
  before(async () => {
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(async () => {
    far.length = 0;
    proxy = await startProxy((echo.address() as { port: number }).port);
  });
  afterEach(async () => {
    for (const { socket } of ends.splice(0)) socket.destroy();
    await proxy.close();
  });
  after(() => echo.close());

  async function open(): Promise<End> {
    const socket = connect(proxy.port, '127.0.0.1');
    let heard = '';
    let closed = false;
    socket.on('data', (data) => {
      heard += data;
    });
    socket
      .on('error', () => undefined)
      .on('close', () => {
        closed = true;
      });
    await once(socket, 'connect');
    const end = { socket, heard: () => heard, closed: () => closed };
    ends.push(end);
    return end;
  }

  async function tell(end: End, text: string): Promise<void> {
    end.socket.write(text);
    await soon(`the answer to ${text}`, () => end.heard().endsWith(`re ${text}`));
  }

  it('passes both ways and counts what it saw, also a word that two chunks share', async () => {
    const seen = proxy.watch(httpText('insert'));
    const end = await open();
    await tell(end, 'an ins');
    await tell(end, 'ert');
    expect(seen()).to.equal(1);
    expect(proxy.traffic()).to.deep.equal({ connections: 1, requests: 2, replies: 2 });
    expect(proxy.struck()).to.equal(0);
  });

  it('lets replies come later and in order', async () => {
    const end = await open();
    proxy.set({ kind: 'delay', ms: 60 });
    const begun = performance.now();
    await tell(end, 'late');
    expect(performance.now() - begun).to.be.at.least(55);
    expect(proxy.struck()).to.equal(1);
  });

  it('cuts what is open and refuses what is new until it passes again', async () => {
    const before = await open();
    await tell(before, 'first');
    proxy.set({ kind: 'cut' });
    await soon('the open connection breaks', before.closed);
    const refused = await open();
    await soon('the new connection breaks', refused.closed);
    expect(proxy.struck()).to.equal(2);
    proxy.set({ kind: 'pass' });
    await tell(await open(), 'again');
    expect(far).to.deep.equal(['first', 'again']);
  });

  it('cuts the reply of the request that is meant, after it was carried out, as often as told', async () => {
    const end = await open();
    proxy.set({ kind: 'cutReply', of: httpText('insert'), times: 1 });
    await tell(end, 'find');
    end.socket.write('insert');
    await soon('the connection breaks', end.closed);
    expect(end.heard()).to.equal('re find');
    await tell(await open(), 'insert');
    expect(far, 'the far side did both').to.deep.equal(['find', 'insert', 'insert']);
    expect(proxy.struck()).to.equal(1);
  });

  it('swallows the reply and keeps the connection open and silent', async () => {
    const end = await open();
    proxy.set({ kind: 'swallowReply', of: httpText('insert'), times: 1 });
    end.socket.write('insert');
    await soon('it was carried out', () => far.includes('insert') && proxy.struck() === 1);
    end.socket.write('find');
    await tell(await open(), 'other');
    expect(end.heard()).to.equal('');
    expect(end.closed()).to.equal(false);
    proxy.set({ kind: 'pass' });
    await soon('a connection that lost bytes ends', end.closed);
  });

  it('lets nothing through a black hole, in either direction', async () => {
    proxy.set({ kind: 'blackHole' });
    const end = await open();
    end.socket.write('gone');
    await soon('it was sent', () => proxy.struck() === 1);
    expect(far).to.deep.equal([]);
    proxy.set({ kind: 'pass' });
    await soon('a connection that lost bytes ends', end.closed);
  });

  it('leaves an old connection half open, untold, while new ones work', async () => {
    const old = await open();
    await tell(old, 'before');
    proxy.set({ kind: 'halfOpen' });
    old.socket.write('lost');
    await tell(await open(), 'new');
    await soon('the lost request was sent', () => proxy.struck() === 1);
    expect(far).to.deep.equal(['before', 'new']);
    expect(old.closed()).to.equal(false);
  });
});

describe('faults: the tools against a real MongoDB', () => {
  const { uri, name } = uniqueDatabase('proxy');
  let proxy: FaultProxy;
  let through: MongoClient;
  let direct: MongoClient;
  before(async () => {
    proxy = await startProxy(Number(new URL(uri).port));
    direct = new MongoClient(uri);
    through = new MongoClient(`mongodb://127.0.0.1:${proxy.port}/${name}?directConnection=true`, {
      appName: 'faults-proxy',
    });
  });
  after(async () => {
    await direct.db(name).dropDatabase();
    await Promise.all([through.close(), direct.close()]);
    await proxy.close();
  });
  const rows = () => direct.db(name).collection('things').countDocuments();

  it('finds the command on the wire: a reply cut once is repeated by the driver, cut twice it is an error, stored once each', async () => {
    const things = through.db(name).collection('things');
    const inserts = proxy.watch(mongoCommand('insert', 'things'));
    proxy.set({ kind: 'cutReply', of: mongoCommand('insert', 'things'), times: 1 });
    await things.insertOne({ name: 'first' });
    expect([proxy.struck(), inserts(), await rows()]).to.deep.equal([1, 2, 1]);
    proxy.set({ kind: 'cutReply', of: mongoCommand('insert', 'things'), times: 2 });
    const error = await things.insertOne({ name: 'second' }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(MongoNetworkError);
    expect([proxy.struck(), inserts(), await rows()]).to.deep.equal([2, 4, 2]);
    proxy.set({ kind: 'pass' });
  });

  it('turns a fail point off again although the work failed, and counts how often it struck', async () => {
    const things = through.db(name).collection('things');
    const point = {
      commands: ['insert'],
      mode: 'alwaysOn',
      data: { errorCode: 112 },
      appName: 'faults-proxy',
    } as const;
    const error = await withFailPoint(direct, point, () => things.insertOne({})).catch((reason: unknown) => reason);
    expect((error as { code?: number }).code).to.equal(112);
    const { struck } = await withFailPoint(direct, point, async () => {
      await things.insertOne({}).catch(() => undefined);
      await things.insertOne({}).catch(() => undefined);
    });
    expect(struck).to.equal(2);
    await things.insertOne({ name: 'third' });
  });
});
