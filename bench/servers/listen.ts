import type { Server } from 'node:http';

/** As in server/index.ts: the generator keeps connections that it does not need at the moment. */
const keepAliveMs = 65_000;

/** Listens on a free local port and answers it. */
export async function listen(http: Server): Promise<number> {
  http.keepAliveTimeout = keepAliveMs;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
