import type { Server } from 'node:http';

/** Pause between two looks for connections whose last call is over. */
const lookEveryMs = 50;
/** As long as the slowest change may take, with a little for its answer; the rest of the stop needs some of its 9 s as well. */
const cutAfterMs = 6_000;

/**
 * For an orderly stop: from now on each answer is the last of its connection. `close` of a server waits for connections that are busy
 * at that moment, and a client that keeps its own is served on it, or idles on it, for as long as it likes. Who has sent half a request by
 * then, or does not read, is cut: anybody could keep the server from ending in order.
 */
export function giveLastAnswers(http: Server, cutMs = cutAfterMs): void {
  http.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  // a call that came before this has promised to keep its connection
  const timer = setInterval(() => http.closeIdleConnections(), lookEveryMs).unref();
  const cut = setTimeout(() => http.closeAllConnections(), cutMs).unref();
  http.once('close', () => {
    clearInterval(timer);
    clearTimeout(cut);
  });
}
