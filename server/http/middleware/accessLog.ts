import type { RequestHandler } from 'express';
import type { Logger } from '../../ports.ts';

/** Probes would drown everything else. */
const quiet = new Set(['/livez', '/readyz']);

/** One line a request when it is answered: ids and numbers, never bodies, headers or queries. */
export function accessLog(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const startedAt = process.hrtime.bigint();
    const { method, path } = request;
    response.once('close', () => {
      if (quiet.has(path) && response.statusCode < 400) return;
      const ms = Number((process.hrtime.bigint() - startedAt) / 1_000_000n);
      const { requestId, actor } = request;
      const aborted = response.writableFinished ? {} : { aborted: true };
      logger.info(
        { requestId, method, path, status: response.statusCode, ms, userId: actor?.userId, ...aborted },
        'request',
      );
    });
    next();
  };
}
