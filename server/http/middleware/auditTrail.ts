import type { Request, RequestHandler, Response } from 'express';
import type { TrailEvent } from '../../domain/auditTrail.ts';
import type { AppDeps } from '../appDeps.ts';

const reads = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Refusals of one process in a minute that are recorded each; the rest of a flood is counted in one record. */
const refusalsPerMinute = 60;
const minuteMs = 60_000;
const charactersMax = 200;

const short = (text: string) => text.slice(0, charactersMax);

/** Refused log-ins, calls that pose as a server, and known callers who want what is not theirs; a token that ran out is nobody's attack. */
function isRefusal(request: Request, status: number): boolean {
  if (status === 401)
    return request.get('x-api-key') !== undefined || request.path.startsWith('/api/payment/v1/sessions');
  return status === 403 && request.actor !== undefined;
}

function categoryOf(request: Request, { statusCode }: Response): TrailEvent['category'] | null {
  if (request.actor?.role === 'admin' && !reads.has(request.method)) return 'admin';
  return isRefusal(request, statusCode) ? 'security' : null;
}

function eventOf(request: Request, response: Response, category: TrailEvent['category'], atMs: number): TrailEvent {
  const { actor, apiKeyId, method, route } = request;
  const path = typeof route?.path === 'string' ? route.path : '';
  const code = typeof response.locals.code === 'string' ? ` ${response.locals.code}` : '';
  return {
    ...{ atMs, category, actor: [apiKeyId, actor?.userId].filter(Boolean).join('.'), role: actor?.role ?? '' },
    ...{ action: short(`${method} ${path}`.trim()), path: short(request.path) },
    outcome: response.writableFinished || response.headersSent ? `${response.statusCode}${code}` : 'cut',
    ...{ requestId: request.requestId ?? '', address: short(request.ip ?? '') },
  };
}

/** Records every change an admin asks for and every refusal of note when it is answered: ids, paths and outcomes, never bodies, queries or headers. */
export function auditTrail({ trail, clock, logger }: Pick<AppDeps, 'trail' | 'clock' | 'logger'>): RequestHandler {
  let [minute, recorded, passedOver] = [0, 0, 0];

  function write(event: TrailEvent): void {
    trail(event).catch((error: unknown) =>
      logger.error({ err: error, ...event }, 'an event is not in the audit trail'),
    );
  }

  function bounded(event: TrailEvent): void {
    const now = Math.floor(event.atMs / minuteMs);
    if (now !== minute) {
      if (passedOver > 0)
        write({ ...event, actor: '', role: '', action: 'refusals', path: '', outcome: `${passedOver} more` });
      [minute, recorded, passedOver] = [now, 0, 0];
    }
    if (recorded < refusalsPerMinute) {
      recorded += 1;
      write(event);
    } else passedOver += 1;
  }

  return (request, response, next) => {
    response.once('close', () => {
      const category = categoryOf(request, response);
      if (category === null) return;
      const event = eventOf(request, response, category, clock.now());
      if (category === 'admin') write(event);
      else bounded(event);
    });
    next();
  };
}
