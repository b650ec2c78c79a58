import type { RequestHandler } from 'express';
import { AppError } from '../../errors.ts';
import { type Believing, believe } from './authenticate.ts';

const bearer = /^Bearer (\S{1,4096})$/i;

/** Reads who asks on a route that is open to everybody; no token is nobody, a bad one is refused like everywhere. */
export function optionalToken(given: Believing): RequestHandler {
  return async (request, _response, next) => {
    const header = request.get('authorization');
    if (header === undefined) {
      next();
      return;
    }
    const token = bearer.exec(header)?.[1];
    if (token === undefined)
      throw new AppError('not_authenticated', 'Send a bearer token in the Authorization header.');
    await believe(request, token, given);
    next();
  };
}
