import type { RequestHandler } from 'express';
import { AppError } from '../../errors.ts';
import type { Credentials } from '../../ports/identity.ts';
import type { Actor } from '../../ports.ts';
import { allows, type Operation } from '../policies.ts';

/** A token of ours has a few hundred characters. */
const bearer = /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/i;

/** Reads who asks from the bearer token, and refuses roles that the operation is not for. */
export function authenticate(
  operation: Operation,
  verifyToken: (token: string) => Actor & Credentials,
): RequestHandler {
  return (request, _response, next) => {
    // A server that was known by its key has no token, and its rights are checked already.
    if (request.apiKeyId !== undefined) return next();
    const token = bearer.exec(request.get('authorization') ?? '')?.[1];
    if (!token) throw new AppError('not_authenticated', 'Send a bearer token in the Authorization header.');
    const { userId, role, sessionId, factorAtMs } = verifyToken(token);
    request.actor = { userId, role };
    request.credentials = {
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(factorAtMs === undefined ? {} : { factorAtMs }),
    };
    if (!allows(operation, role)) throw new AppError('forbidden', `This is not open to the role ${role}.`);
    next();
  };
}

/** Who asks; only behind `authenticate`. */
export function actorOf(request: { actor?: Actor }): Actor {
  if (!request.actor) throw new AppError('not_authenticated', 'Send a bearer token in the Authorization header.');
  return request.actor;
}
