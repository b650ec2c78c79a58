import { type RequestHandler, Router } from 'express';
import { AppError } from '../../errors.ts';
import type { AppDeps } from '../appDeps.ts';
import { splitOperation } from '../endpoint.ts';
import { payPage } from '../endpoints/system.ts';
import { validate } from '../middleware/validate.ts';
import { contentPolicy, renderPayPage } from '../pages/payPage.ts';
import type { Presenter } from '../present.ts';

/** The buyer's page; whoever has the link may see what to pay, and nothing about who pays whom. */
export function payPageRoutes({ queries, clock }: AppDeps, limited: RequestHandler, present: Presenter): Router {
  const router = Router();

  router.get(splitOperation(payPage.operation).path, limited, async (request, response) => {
    const { id } = validate(request, payPage).params;
    const found = await queries.payment(id, null);
    if (found?.state.direction !== 'in') throw new AppError('not_found', 'There is no such payment.');
    const document = present.payment({ ...found, state: found.state }, null);
    response.setHeader('Content-Security-Policy', contentPolicy);
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Robots-Tag', 'noindex');
    response.type('text/html').send(renderPayPage(document, clock.now()));
  });

  return router;
}
