import type { RequestHandler } from 'express';
import { demandFreshFactor } from '../../commands/rules/freshFactor.ts';
import type { AppDeps } from '../appDeps.ts';

/** Guards what moves money: the second factor must be fresh where the settings demand it. */
export function createStepUpGuard({ settings, clock }: Pick<AppDeps, 'settings' | 'clock'>): RequestHandler {
  return (request, _response, next) => {
    // A server has no second factor; the admin who issued its key and scope had to show one.
    if (request.apiKeyId !== undefined) return next();
    if (settings.stepUpRequired) demandFreshFactor(request.credentials ?? {}, clock.now());
    next();
  };
}
