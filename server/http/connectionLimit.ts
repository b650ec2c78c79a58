import type { Server } from 'node:http';
import type { Logger } from '../ports.ts';

/** A flood of connections must not become a flood of lines. */
const sayEveryMs = 60_000;

/** Closes connections beyond `max` as they come, and says at most once a minute how many it were since it said so last. */
export function limitConnections(
  http: Server,
  { max, logger, now }: { readonly max: number; readonly logger: Logger; readonly now: () => number },
): void {
  let dropped = 0;
  let saidAtMs = Number.NEGATIVE_INFINITY;
  http.maxConnections = max;
  http.on('drop', () => {
    dropped += 1;
    if (now() - saidAtMs < sayEveryMs) return;
    logger.warn({ dropped, max }, 'connections were closed: there are too many');
    dropped = 0;
    saidAtMs = now();
  });
}
