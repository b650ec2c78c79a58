import type { RequestHandler } from 'express';
import { demandFreshFactor } from '../../commands/rules/freshFactor.ts';
import type { AppDeps } from '../appDeps.ts';

/** Guards what moves money: the session of an own user must still be open, and the second factor fresh where the settings demand it. */
export function createStepUpGuard({
  settings,
  demandOpenSession,
  clock,
}: Pick<AppDeps, 'settings' | 'demandOpenSession' | 'clock'>): RequestHandler {
  return async (request, _response, next) => {
    // A server has no second factor; the admin who issued its key and scope had to show one.
    if (request.apiKeyId !== undefined) return next();
    const credentials = request.credentials ?? {};
    if (credentials.sessionId !== undefined) await demandOpenSession(credentials.sessionId);
    if (settings.stepUpRequired) demandFreshFactor(credentials, clock.now());
    next();
  };
}
