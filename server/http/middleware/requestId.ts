import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Credentials } from '../../ports/identity.ts';
import type { Actor } from '../../ports.ts';

declare module 'express-serve-static-core' {
  interface Request {
    requestId?: string;
    actor?: Actor;
    credentials?: Credentials;
  }
}

/** A foreign id is only taken when it cannot disturb a log line. */
const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives every request an id, or keeps the caller's, and says it in the answer. */
export const requestId: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id') ?? '';
  request.requestId = acceptable.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', request.requestId);
  next();
};
