import type { RequestHandler } from 'express';
import { knowBearer, type TokenChecks } from './authenticate.ts';

/** Reads who asks on a route that is open to everybody; no token is nobody, a bad one is refused like everywhere. */
export function optionalToken(checks: TokenChecks): RequestHandler {
  return async (request, _response, next) => {
    if (request.get('authorization') !== undefined) await knowBearer(request, checks);
    next();
  };
}
