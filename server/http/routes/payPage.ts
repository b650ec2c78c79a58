import type { RequestHandler, Router } from 'express';
import type { AppDeps } from '../appDeps.ts';
import { splitOperation } from '../endpoint.ts';
import { payPage } from '../endpoints/system.ts';
import { exactRouter } from '../exactRouter.ts';
import { contentPolicy, renderNoPayment, renderPayPage } from '../pages/payPage.ts';
import type { Presenter } from '../present.ts';

/** The buyer's page; whoever has the link may see what to pay, and nothing about who pays whom. */
export function payPageRoutes({ queries, clock }: AppDeps, limited: RequestHandler, present: Presenter): Router {
  const router = exactRouter();

  router.get(splitOperation(payPage.operation).path, limited, async (request, response) => {
    response.setHeader('Content-Security-Policy', contentPolicy);
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Robots-Tag', 'noindex');
    const named = payPage.params.safeParse(request.params);
    const found = named.success ? await queries.payment(named.data.id, null) : null;
    if (found?.state.direction !== 'in') {
      // A person reads this, not a program.
      response.status(404).type('text/html').send(renderNoPayment());
      return;
    }
    const document = present.payment({ ...found, state: found.state }, null);
    response.type('text/html').send(renderPayPage(document, clock.now()));
  });

  return router;
}
