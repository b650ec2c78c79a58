import { connect, type Socket } from 'node:net';

const headEnd = Buffer.from('\r\n\r\n');
const lengthHeader = /\r\ncontent-length: *(\d+)/i;
const statusAt = { from: 9, to: 12 };

/** One keep-alive connection that sends ready-made requests one after the other; it reads no more of an answer than it has to. */
export interface HttpConnection {
  /** Sends a whole request and answers the status of the reply. */
  request(bytes: Buffer): Promise<number>;
  /** The last reply as it came. */
  lastReply(): string;
  close(): void;
}

/** The length of the complete reply at the start of the bytes, or null while it is not complete. */
export function replyLength(received: Buffer): number | null {
  const end = received.indexOf(headEnd);
  if (end === -1) return null;
  const head = received.toString('latin1', 0, end);
  const length = lengthHeader.exec(head)?.[1];
  if (length === undefined) throw new Error(`a reply without a length cannot be measured: ${head}`);
  const whole = end + headEnd.length + Number(length);
  return received.length < whole ? null : whole;
}

/** Opens a connection to a local port. */
export async function openConnection(port: number): Promise<HttpConnection> {
  const socket = await opened(port);
  let received: Buffer = Buffer.alloc(0);
  let reply: Buffer = received;
  let waiting: PromiseWithResolvers<number> | undefined;
  const fail = (error: Error) => waiting?.reject(error);
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    try {
      if (replyLength(received) === null) return;
    } catch (error) {
      return fail(error instanceof Error ? error : new Error(String(error)));
    }
    reply = received;
    received = Buffer.alloc(0);
    waiting?.resolve(Number(reply.toString('latin1', statusAt.from, statusAt.to)));
  });
  return {
    request(bytes) {
      waiting = Promise.withResolvers();
      if (socket.writable) socket.write(bytes);
      else fail(new Error('the server closed the connection while nobody used it'));
      return waiting.promise;
    },
    lastReply: () => reply.toString(),
    close: () => socket.destroy(),
  };
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
