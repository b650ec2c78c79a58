import { once } from 'node:events';
import { Agent, createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { giveLastAnswers } from '../../server/http/lastAnswers.ts';
import { dial, listening } from './rawConnection.ts';

describe('an orderly stop', () => {
  it('ends although clients keep their connections, busy or idle, and finishes what is in flight', async () => {
    const waiting: ServerResponse[] = [];
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      if (request.url === '/slow') waiting.push(response);
      else response.end('quick');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const other = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (path: string, by: Agent) =>
      new Promise<string>((resolve, reject) => {
        get({ port, host: '127.0.0.1', path, agent: by }, (response) => {
          let text = '';
          response.on('data', (data) => {
            text += data;
          });
          response.on('end', () => resolve(`${text} ${response.headers.connection}`));
        }).on('error', reject);
      });
    await ask('/quick', other);
    const slow = ask('/slow', agent);
    // queued behind it on the same connection
    const next = ask('/next', agent);
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));

    const closed = once(server, 'close');
    giveLastAnswers(server);
    server.close();
    for (const response of waiting) response.end('done');
    expect(await slow).to.equal('done keep-alive');
    // answered as the last one of its connection, or refused by a reset: either can be repeated elsewhere
    expect(await next.catch(() => 'quick close')).to.equal('quick close');
    await closed;
    agent.destroy();
    other.destroy();
  });

  it('ends although somebody has sent half a request, and somebody else does not read his answer', async () => {
    const unread = Buffer.alloc(64 * 1_048_576);
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      response.end(unread);
      resolve();
    });
    const port = await listening(server);
    const [half, deaf] = [await dial(port), await dial(port)];
    for (const socket of [half, deaf]) socket.on('error', () => undefined).pause();
    half.write('GET /livez HTTP/1.1\r\nhost: a\r\nx-slow: ');
    deaf.write('GET /large HTTP/1.1\r\nhost: a\r\n\r\n');
    await asked;
    const closed = once(server, 'close');
    giveLastAnswers(server, 50);
    server.close();
    await closed;
    for (const socket of [half, deaf]) socket.destroy();
  });
});
