import type { Server } from 'node:http';

/** Pause between two looks for connections whose last call is over. */
const lookEveryMs = 50;

/**
 * For an orderly stop: from now on each answer is the last of its connection. `close` of a server waits for connections that are busy
 * at that moment, and a client that keeps its own is served on it, or idles on it, for as long as it likes.
 */
export function giveLastAnswers(http: Server): void {
  http.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  // a call that came before this has promised to keep its connection
  const timer = setInterval(() => http.closeIdleConnections(), lookEveryMs).unref();
  http.once('close', () => clearInterval(timer));
}
