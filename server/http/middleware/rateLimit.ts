import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { AppError } from '../../errors.ts';
import type { HttpSettings } from '../appDeps.ts';
import { type Budget, ownershipOf } from '../policies.ts';

/** Operators' consoles and jobs read over everybody's payments; their number is small and their tokens are the marketplace's own. */
const isOperator = ({ actor, apiKeyId }: Request) =>
  actor !== undefined && apiKeyId === undefined && ownershipOf(actor) === null;
/** A marketplace's server asks for all of its users. */
const usersOfServer = 10;

/** The budgets: calls anybody may make count per address; reads, calls that make us look at the chain, and calls that open something, per user. */
export function createLimiters(limits: HttpSettings['rateLimits']): Record<Budget, RequestHandler> {
  const limiter = (limit: number, perUser: boolean, skip = (_request: Request) => false) =>
    rateLimit({
      windowMs: 60_000,
      limit: ({ apiKeyId }) => (perUser && apiKeyId !== undefined ? limit * usersOfServer : limit),
      skip,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      // A client may send forwarding headers without a proxy of ours in front; they are ignored, not worth a warning.
      validate: { xForwardedForHeader: false, forwardedHeader: false },
      keyGenerator: (request) =>
        (perUser && (request.apiKeyId ?? request.actor?.userId)) || ipKeyGenerator(request.ip ?? ''),
      handler: () => {
        throw new AppError('rate_limited', 'Too many requests; the RateLimit header says when to go on.');
      },
    });
  return {
    anonymous: limiter(limits.anonymousPerMinute, false),
    read: limiter(limits.readPerMinute, true, isOperator),
    hint: limiter(limits.hintPerMinute, true),
    create: limiter(limits.createPerMinute, true),
  };
}
