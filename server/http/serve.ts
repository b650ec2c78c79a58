import type { RequestHandler, Response, Router } from 'express';
import type { Credentials } from '../ports/identity.ts';
import type { Actor } from '../ports.ts';
import { Answer } from './answer.ts';
import type { AppDeps } from './appDeps.ts';
import { type Endpoint, splitOperation } from './endpoint.ts';
import { actorOf, authenticate } from './middleware/authenticate.ts';
import { claimOf, createIdempotency, type KeyedReply, type Reply, readKey } from './middleware/idempotency.ts';
import type { createLimiters } from './middleware/rateLimit.ts';
import { serverKey } from './middleware/serverKey.ts';
import { createStepUpGuard } from './middleware/stepUp.ts';
import { stopWhenGone } from './middleware/stopWhenGone.ts';
import { type Input, validate } from './middleware/validate.ts';
import { ruleOf } from './policies.ts';

/** A checked call of an authenticated user. `claimed` is spread into commands that can carry the idempotency claim into their transition. */
export interface Call<P, Q, B> extends Input<P, Q, B> {
  readonly actor: Actor;
  readonly credentials: Credentials;
  /** A header of the call, for the few that mean something to its operation. */
  readonly header: (name: 'if-match' | 'if-none-match') => string | undefined;
  readonly claimed: { readonly idempotencyClaim?: string };
}
type Handler<P, Q, B> = (call: Call<P, Q, B>) => Promise<object>;

/** Mounts authenticated operations; what every one of them needs stands here once. */
export type Serve = <P, Q, B>(router: Router, endpoint: Endpoint<P, Q, B>, handler: Handler<P, Q, B>) => void;

function send(response: Response, reply: KeyedReply): void {
  if (reply.replayed) response.setHeader('Idempotent-Replayed', 'true');
  response.setHeader('Cache-Control', 'no-store');
  response.status(reply.status).type('application/json').send(reply.body);
}

/** The chain of an operation: token and role, rate, validation, idempotency, handler. */
export function createServe(deps: AppDeps, limiters: ReturnType<typeof createLimiters>): Serve {
  const stepUp = createStepUpGuard(deps);
  const once = createIdempotency({ ...deps, store: deps.idempotency });

  return (router, endpoint, handler) => {
    const { operation } = endpoint;
    const { method, path } = splitOperation(operation);
    const { limit, stepUp: movesMoney, secret } = ruleOf(operation);
    const run: RequestHandler = async (request, response) => {
      const actor = actorOf(request);
      const input = validate(request, endpoint);
      const key = method === 'post' && !secret ? readKey(request.get('idempotency-key')) : null;
      const execute = async (claimed: { idempotencyClaim?: string }): Promise<Reply> => ({
        status: endpoint.status,
        body: await handler({
          ...input,
          actor,
          credentials: request.credentials ?? {},
          header: (name) => request.get(name),
          claimed,
        }),
      });
      if (key === null) {
        const reply = await execute({});
        response.setHeader('Cache-Control', 'no-store');
        if (reply.body instanceof Answer) return reply.body.send(response);
        return send(response, { status: reply.status, body: JSON.stringify(reply.body), replayed: false });
      }
      // A server's keys are its own, also when it speaks for a user who uses the same.
      const principal = request.apiKeyId === undefined ? actor.userId : `${request.apiKeyId}.${actor.userId}`;
      const call = { principal, operation, key, asked: [request.path, input] };
      if (endpoint.answerOnce) {
        const { status, body } = await execute({ idempotencyClaim: claimOf(call) });
        return send(response, { status, body: JSON.stringify(body), replayed: false });
      }
      send(response, await once(call, () => execute({ idempotencyClaim: claimOf(call) })));
    };
    const limiter = limit ? [limiters[limit]] : [];
    const guard = movesMoney ? [stepUp] : [];
    router[method](
      path,
      limiters.knock,
      serverKey(operation, deps.knowServer),
      authenticate(operation, deps),
      stopWhenGone,
      ...guard,
      ...limiter,
      run,
    );
  };
}
