import type { RequestHandler, Router } from 'express';
import type { Actor } from '../ports.ts';
import type { AppDeps } from './appDeps.ts';
import { type Endpoint, splitOperation } from './endpoint.ts';
import { optionalToken } from './middleware/optionalToken.ts';
import type { createLimiters } from './middleware/rateLimit.ts';
import { stopWhenGone } from './middleware/stopWhenGone.ts';
import { type Input, validate } from './middleware/validate.ts';
import { type Budget, ruleOf } from './policies.ts';

/** A checked call of somebody, who may have said who he is. */
export interface OpenCall<P, Q, B> extends Input<P, Q, B> {
  readonly actor: Actor | null;
}

/** Mounts operations that everybody may call; a token only shows its holder more. They are not keyed: a repeat changes nothing. */
export type ServeOpen = <P, Q, B>(
  router: Router,
  endpoint: Endpoint<P, Q, B>,
  handler: (call: OpenCall<P, Q, B>) => Promise<object>,
) => void;

/** The chain of an open operation: token if there is one, rate of the user or the address, validation, handler. */
export function createServeOpen(
  deps: Pick<AppDeps, 'verifyToken' | 'demandOpenSession'>,
  limiters: ReturnType<typeof createLimiters>,
): ServeOpen {
  return (router, endpoint, handler) => {
    const { method, path } = splitOperation(endpoint.operation);
    const run: RequestHandler = async (request, response) => {
      const input = validate(request, endpoint);
      const body = await handler({ ...input, actor: request.actor ?? null });
      response.setHeader('Cache-Control', 'no-store');
      response.status(endpoint.status).json(body);
    };
    const budget: Budget = ruleOf(endpoint.operation).limit ?? 'anonymous';
    router[method](path, optionalToken(deps), stopWhenGone, limiters[budget], run);
  };
}
