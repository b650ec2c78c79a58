import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';
import { AppError } from '../../errors.ts';
import type { HttpSettings } from '../appDeps.ts';
import { type Budget, ownershipOf } from '../policies.ts';

/** Operators' consoles and jobs read over everybody's payments; their number is small and their tokens are the marketplace's own. */
const isOperator = ({ actor, apiKeyId }: Request) =>
  actor !== undefined && apiKeyId === undefined && ownershipOf(actor) === null;
/** A marketplace's server asks for all of its users; money it moves for itself. */
const usersOfServer = 10;

/** Where the calls of a budget are counted. */
export type StoreOf = (budget: string) => Store;
/** What a household or a small office is given; whoever has one can take any address in it. */
const ipv6Subnet = 56;

/** The budgets: calls anybody may make count per address; reads, calls that make us look at the chain, and calls that open something, per user. */
export function createLimiters(
  limits: HttpSettings['rateLimits'],
  storeOf?: StoreOf | undefined,
): Record<Budget | 'knock', RequestHandler> {
  const counted = (name: string) => (storeOf === undefined ? {} : { store: storeOf(name) });
  const handler = () => {
    throw new AppError('rate_limited', 'Too many requests; the RateLimit header says when to go on.');
  };
  const limiter = (name: Budget, limit: number, perUser: boolean, skip = (_request: Request) => false) =>
    rateLimit({
      ...counted(name),
      identifier: name,
      passOnStoreError: true,
      windowMs: 60_000,
      limit: ({ apiKeyId }) => (perUser && name !== 'money' && apiKeyId !== undefined ? limit * usersOfServer : limit),
      skip,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      // A client may send forwarding headers without a proxy of ours in front; they are ignored, not worth a warning.
      validate: { xForwardedForHeader: false, forwardedHeader: false },
      keyGenerator: (request) => (perUser && (request.apiKeyId ?? request.actor?.userId)) || addressOf(request),
      handler,
    });
  const addressOf = (request: Request) => ipKeyGenerator(request.ip ?? '', ipv6Subnet);
  /** Signed calls that were refused, per address: each cost a look into the database, whoever made it. */
  const knock = rateLimit({
    ...counted('knock'),
    windowMs: 60_000,
    limit: limits.anonymousPerMinute,
    skip: (request) => request.get('x-api-key') === undefined,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_request, response) => response.statusCode !== 401,
    passOnStoreError: true,
    standardHeaders: false,
    legacyHeaders: false,
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    keyGenerator: addressOf,
    handler,
  });
  return {
    knock,
    anonymous: limiter('anonymous', limits.anonymousPerMinute, false),
    read: limiter('read', limits.readPerMinute, true, isOperator),
    hint: limiter('hint', limits.hintPerMinute, true),
    create: limiter('create', limits.createPerMinute, true),
    money: limiter('money', limits.moneyPerMinute, true),
  };
}
