import type { Request, RequestHandler } from 'express';
import { AppError } from '../../errors.ts';
import type { Credentials } from '../../ports/identity.ts';
import type { Actor } from '../../ports.ts';
import type { DemandOpenSession } from '../identityDeps.ts';
import { allows, type Operation } from '../policies.ts';

/** A token of ours has a few hundred characters. */
const bearer = /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/i;

const noToken = () => new AppError('not_authenticated', 'Send a bearer token in the Authorization header.');

/** What is asked of a bearer token, and of the session behind it where it is one of ours. */
export interface TokenChecks {
  readonly verifyToken: (token: string) => Actor & Credentials;
  readonly demandOpenSession: DemandOpenSession;
}

/**
 * Notes who asks by a token, and refuses a token whose session has ended or whose user is disabled, on every call: a log-out would
 * mean nothing else until the token ends by itself. The marketplace's users have no session here and cost no read.
 */
export async function knowBearer(request: Request, checks: TokenChecks): Promise<Actor> {
  const token = bearer.exec(request.get('authorization') ?? '')?.[1];
  if (!token) throw noToken();
  const { userId, role, sessionId, factorAtMs } = checks.verifyToken(token);
  const actor = { userId, role };
  request.actor = actor;
  request.credentials = {
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(factorAtMs === undefined ? {} : { factorAtMs }),
  };
  if (sessionId !== undefined) await checks.demandOpenSession(sessionId);
  return actor;
}

/** Reads who asks from the bearer token, and refuses roles that the operation is not for. */
export function authenticate(operation: Operation, checks: TokenChecks): RequestHandler {
  return async (request, _response, next) => {
    // A server that was known by its key has no token, and its rights are checked already.
    if (request.apiKeyId !== undefined) return next();
    const { role } = await knowBearer(request, checks);
    if (!allows(operation, role)) throw new AppError('forbidden', `This is not open to the role ${role}.`);
    next();
  };
}

/** Who asks; only behind `authenticate`. */
export function actorOf(request: { actor?: Actor }): Actor {
  if (!request.actor) throw noToken();
  return request.actor;
}
