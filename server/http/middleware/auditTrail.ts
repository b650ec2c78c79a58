import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import type { TrailEvent } from '../../domain/auditTrail.ts';
import { apiKeyIdForm } from '../../ports/apiKeys.ts';
import type { AppDeps } from '../appDeps.ts';
import type { Operation } from '../policies.ts';
import { createTrailBounds, type Lane } from '../trailBounds.ts';
import { decidedLate } from './stopWhenGone.ts';

declare module 'express-serve-static-core' {
  interface Request {
    /** Whose account a call is about that nobody has proven yet; for the audit trail alone, never for a decision or an answer. */
    accountId?: string;
  }
}

const reads = new Set(['GET', 'HEAD', 'OPTIONS']);
/** A reading that shows more than any other. */
const debug: Operation = 'GET /api/payment/:id/debug';
const charactersMax = 200;
/** As rate limits count an IPv6 network. */
const ipv6Subnet = 56;

const logIn: Operation = 'POST /api/payment/v1/sessions';
const refresh: Operation = 'POST /api/payment/v1/sessions/refresh';
const logOut: Operation = 'POST /api/payment/v1/sessions/end';
const secondFactor: readonly Operation[] = [
  'POST /api/payment/v1/sessions/step-up',
  'POST /api/payment/v1/second-factor',
  'POST /api/payment/v1/second-factor/confirm',
];
/** Bodies that were no request of any kind: nothing was tried by them. */
const unread = new Set([400, 413, 415]);
/** Refused for who somebody is or what he may, or as if it were not there. */
const refused = new Set([401, 403, 404, 429]);
/** Whether a call may have changed something: a no in the end takes nothing back that was done on the way to it. */
const mayHaveChanged = (status: number) => !unread.has(status) && !refused.has(status);

const short = (text: string) => text.slice(0, charactersMax);
/** The route that answered, as it is written in the table: how the caller spelled it makes no difference. */
const operationOf = ({ method, route }: Request) => `${method} ${typeof route?.path === 'string' ? route.path : ''}`;
const codeOf = ({ locals }: Response): string => (typeof locals.code === 'string' ? locals.code : '');

/** Log-ins with every outcome, good ones too; what is read and exchanged without a word said is not. */
function isOfSession(request: Request, status: number): boolean {
  const operation = operationOf(request);
  if (operation === logIn) return !unread.has(status);
  if (operation === refresh) return refused.has(status);
  if (operation === logOut) return request.accountId !== undefined || refused.has(status);
  return request.actor !== undefined && secondFactor.some((one) => one === operation);
}

/** Calls that pose as a server or are out of its scope, callers who want what is not theirs, ended sessions, and whoever asks too often. */
function isRefusal(request: Request, response: Response): boolean {
  const { statusCode: status } = response;
  if (!refused.has(status)) return false;
  const isWrite = !reads.has(request.method);
  if (request.get('x-api-key') !== undefined) return isWrite || status !== 404;
  if (isWrite && status === 429) return true;
  if (request.actor === undefined) return false;
  return isWrite || status === 403 || codeOf(response) === 'session_ended';
}

/** Who it was: proven by a key, a token or a log-in that succeeded; else whom he claimed to be. */
function actorOf(request: Request, isRefused: boolean): string {
  const { apiKeyId, actor, accountId } = request;
  const proven = [apiKeyId, actor?.userId ?? (isRefused ? undefined : accountId)].filter(Boolean).join('.');
  const key = request.get('x-api-key') ?? '';
  const claimed = accountId ?? (apiKeyIdForm.test(key) ? key : '');
  return proven !== '' ? proven : claimed === '' ? '' : `claims:${claimed}`;
}

/** A call that is over; the address was taken while there was a connection, which nobody can ask afterwards. */
interface Ended {
  readonly request: Request;
  readonly response: Response;
  readonly address: string;
}

function eventOf(ended: Ended, category: TrailEvent['category'], atMs: number): TrailEvent {
  const { request, response, address } = ended;
  const { actor } = request;
  const { statusCode } = response;
  // who left may have been refused all the same
  const isAnswered = response.writableEnded || response.headersSent || codeOf(response) !== '';
  const why = typeof response.locals.why === 'string' ? response.locals.why : '';
  const outcome = isAnswered ? [statusCode, codeOf(response), why].filter(Boolean).join(' ') : 'cut';
  return {
    ...{ atMs, category, actor: actorOf(request, !isAnswered || statusCode >= 400), role: actor?.role ?? '' },
    ...{ action: short(operationOf(request).trim()), path: short(request.path), outcome: short(outcome) },
    ...{ requestId: request.requestId ?? '', address: short(address) },
  };
}

/** Whose part of the trail an event takes: nobody can use up the part of somebody he has not proven to be. */
function placeOf(request: Request, { actor, address }: TrailEvent): readonly [Lane, string] {
  const isProven = actor !== '' && !actor.startsWith('claims:');
  const role = request.actor?.role;
  // a server speaks for as many users as it likes, and is one source
  if (isProven) return [role === 'buyer' || role === 'seller' ? 'user' : 'operator', request.apiKeyId ?? actor];
  return [operationOf(request) === logIn ? 'logIn' : 'stranger', ipKeyGenerator(address, ipv6Subnet)];
}

/**
 * Records every change an admin asks for and every look behind a payment, every log-in, and every refusal of note when it is answered: ids, paths and outcomes, never bodies,
 * queries or headers.
 */
export function auditTrail(deps: Pick<AppDeps, 'trail' | 'clock' | 'logger' | 'atEnd'>): RequestHandler {
  const { clock } = deps;
  const bounds = createTrailBounds(deps);
  deps.atEnd?.(bounds.end);

  return (request, response, next) => {
    const ended = { request, response, address: request.ip ?? '' };
    const record = () => {
      const { statusCode } = response;
      const isAdmins =
        request.actor?.role === 'admin' && (!reads.has(request.method) || operationOf(request) === debug);
      if (!isAdmins && !isOfSession(request, statusCode) && !isRefusal(request, response)) return;
      const event = eventOf(ended, isAdmins ? 'admin' : 'security', clock.now());
      if (isAdmins && mayHaveChanged(statusCode)) bounds.record(event);
      else bounds.recordBounded(event, ...placeOf(request, event));
    };
    response.once('close', () => {
      // a caller who left before it was known who he is has his name, or his refusal, in a moment
      if (response.headersSent || request.actor !== undefined) record();
      else response.once(decidedLate, record);
    });
    next();
  };
}
