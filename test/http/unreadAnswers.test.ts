import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { createListener } from '../../server/http/listener.ts';
import { answersIn, dial, listening, readAll } from './rawConnection.ts';

const megabyte = 1_048_576;
/** More than the system keeps for both ends of a connection. */
const large = Buffer.alloc(64 * megabyte, 0x20);
const ask = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

describe('an answer that nobody reads', () => {
  let server: Server;
  const open = async (unread: number) => {
    server = createListener({ unread });
    server.on('request', (_request, response) => response.end(large));
    const connected = once(server, 'connection');
    const socket = await dial(await listening(server));
    const [connection] = (await connected) as [Socket];
    return { socket, connection };
  };
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is given up after a while, and its connection with it', async () => {
    const { socket, connection } = await open(50);
    socket.on('error', () => undefined).pause();
    socket.write(ask);
    await once(connection, 'close');
    socket.destroy();
  });

  it('is no answer that is read', async () => {
    const { socket } = await open(20_000);
    const read = readAll(socket);
    socket.write(ask.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
    const [answer] = answersIn(await read);
    expect(answer?.text.length).to.equal(large.length);
  });
});
