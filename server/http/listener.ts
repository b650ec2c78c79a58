import { createServer, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError, type ErrorCode } from '../errors.ts';
import { problemOf, statusOf } from './errorHandler.ts';

/** How long a connection may take for what it owes us. */
const connectionLimits = {
  /** Longer than the idle time of the balancers in front (60 s), so that it is never we who close a connection they are about to use. */
  keepAliveTimeout: 65_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** Node looks every 30 s by default: a head that never ends would hold its connection four times as long as it may. */
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
};

/** So long a client may take what was answered in full; it lies in our memory meanwhile. Nobody asks for more than 1 MB but by exports, which are streams. */
const unreadMs = 120_000;
/** So long a refused client may go on sending into the void before it is cut; who is cut while sending may never read why. */
const lingerMs = 2_000;

/** What Node's parser and timers call their errors, in our codes; everything else is no HTTP. */
const refusals: Readonly<Record<string, [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The headers are larger than 16 kB.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['payload_too_large', 'The extensions of a chunk are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time.'],
};
const rubbish: [ErrorCode, string] = ['malformed_request', 'This is not a request of HTTP/1.1.'];

/** A whole answer in bytes, for a connection on which no request came into being. */
function answerTo(error: NodeJS.ErrnoException): string {
  const [code, message] = refusals[error.code ?? ''] ?? rubbish;
  const problem = problemOf(new AppError(code, message), { path: '', requestId: '' });
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${statusOf[code]} ${String(problem.title)}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

function refuse(socket: Duplex, error: NodeJS.ErrnoException): void {
  const cut = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(cut));
  socket.end(answerTo(error));
}

/**
 * Refuses what is no request, or arrives too slowly, as problem details where the connection lets us: never into the place of an answer that
 * is still owed to a good request before it.
 */
function createRefusals() {
  const newest = new WeakMap<Duplex, ServerResponse>();
  const refused = new WeakSet<Duplex>();

  function onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (refused.has(socket)) return;
    refused.add(socket);
    const answer = newest.get(socket);
    if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else if (answer === undefined) refuse(socket, error);
    else if (!answer.req.complete) {
      // its own request is the broken one; when it has its answer already, or others wait before it, there is nothing to say
      if (answer.headersSent || answer.socket !== socket) socket.destroy();
      else refuse(socket, error);
    } else if (answer.writableFinished) refuse(socket, error);
    else answer.once('finish', () => refuse(socket, error));
  }
  return { onClientError, note: (socket: Duplex, answer: ServerResponse) => void newest.set(socket, answer) };
}

/** Cuts who does not read what he asked for. An answer that the system took at once needs no timer. */
function cutUnread(response: ServerResponse, ms: number): void {
  response.once('prefinish', () => {
    if (!response.socket?.writableLength) return;
    const cut = setTimeout(() => response.destroy(), ms).unref();
    response.once('close', () => clearTimeout(cut));
  });
}

/** The product's HTTP server, which answers nothing yet; limits given here win (tests shorten them). */
export function createListener({ unread = unreadMs, ...limits }: ServerOptions & { unread?: number } = {}): Server {
  const http = createServer({ ...connectionLimits, ...limits });
  const { onClientError, note } = createRefusals();
  http.on('request', (request, response) => {
    note(request.socket, response);
    cutUnread(response, unread);
  });
  http.on('clientError', onClientError);
  return http;
}
