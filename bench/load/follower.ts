import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** A Socket.IO client that understands no more than it must: it counts events, so that hundreds of it cost next to nothing. */
export interface Follower {
  close(): void;
}

/** Where and as whom a client connects; `onEvent` is called for every event that arrives. */
export interface FollowerOptions {
  readonly port: number;
  readonly token: string;
  readonly onEvent: () => void;
}

const wanted = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' };
const headEnd = '\r\n\r\n';
/** Engine.IO and Socket.IO packets, by the characters they begin with. */
const packets = { opened: '0', ping: '2', pong: '3', connected: '40', event: '42', refused: '44' } as const;

/** A text frame as a client has to send it: masked, here with zeros; shorter than 64 KiB. */
function frameOf(text: string): Buffer {
  const body = Buffer.from(text);
  const short = body.length < 126;
  const head = short ? [0x81, 0x80 | body.length] : [0x81, 0x80 | 126, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body]);
}

/** The texts of all whole frames at the start of the bytes, and what is left of them. */
export function readFrames(received: Buffer): { readonly texts: string[]; readonly rest: Buffer } {
  const texts: string[] = [];
  let at = 0;
  for (;;) {
    const short = received[at + 1];
    if (short === undefined) break;
    const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (received.length < at + headBytes) break;
    const length =
      short < 126 ? short : short === 126 ? received.readUInt16BE(at + 2) : Number(received.readBigUInt64BE(at + 2));
    const end = at + headBytes + length;
    if (received.length < end) break;
    texts.push(received.toString('latin1', at + headBytes, end));
    at = end;
  }
  return { texts, rest: received.subarray(at) };
}

/** Connects over WebSocket at once and answers when the server has let the client in. */
export function follow({ port, token, onEvent }: FollowerOptions): Promise<Follower> {
  const { promise, resolve, reject } = Promise.withResolvers<Follower>();
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('the server closed the connection')));
  socket.once('connect', () => socket.write(upgradeRequest()));
  const hear = (text: string) => {
    if (text.startsWith(packets.event)) onEvent();
    else if (text.startsWith(packets.connected)) resolve({ close: () => socket.destroy() });
    else if (text.startsWith(packets.refused)) reject(new Error(`a client was refused: ${text}`));
    else if (text.startsWith(packets.opened)) socket.write(frameOf(`${packets.connected}${JSON.stringify({ token })}`));
    else if (text === packets.ping) socket.write(frameOf(packets.pong));
  };
  listen(socket, hear);
  return promise;
}

function listen(socket: Socket, hear: (text: string) => void): void {
  let received: Buffer = Buffer.alloc(0);
  let upgraded = false;
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    if (!upgraded) {
      const end = received.indexOf(headEnd);
      if (end === -1) return;
      upgraded = true;
      received = received.subarray(end + headEnd.length);
    }
    const { texts, rest } = readFrames(received);
    received = rest;
    for (const text of texts) hear(text);
  });
}

function upgradeRequest(): string {
  const headers = { host: '127.0.0.1', ...wanted, 'sec-websocket-key': randomBytes(16).toString('base64') };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${lines.join('')}\r\n`;
}
