import type { Router } from 'express';
import type { AppDeps } from '../appDeps.ts';
import { createDebugBundle } from '../debugBundle.ts';
import { cleanupPending, debugPayment } from '../endpoints/paymentCare.ts';
import { exactRouter } from '../exactRouter.ts';
import type { Serve } from '../serve.ts';

/** Payments of one batch, and how long somebody waits for more of them; the server goes on by itself. */
const batch = 50;
const longestMs = 15_000;

/** What admins do for payments that need a person: look closely, and end what is past its deadline. */
export function paymentCareRoutes(deps: AppDeps, serve: Serve): Router {
  const { commands, clock } = deps;
  const router = exactRouter();
  const debugBundle = createDebugBundle(deps);

  serve(router, debugPayment, async ({ params: { id } }) => ({ success: true, data: await debugBundle(id) }));

  serve(router, cleanupPending, async ({ body: { limit } }) => {
    const untilMs = clock.now() + longestMs;
    let ended = 0;
    for (let found = -1; found !== 0 && ended < limit && clock.now() < untilMs; ended += found)
      found = await commands.expirePayments(Math.min(batch, limit - ended));
    const message = `${ended} ${ended === 1 ? 'payment' : 'payments'} ended as expired; nothing was deleted.`;
    return { success: true, deletedCount: ended, message };
  });

  return router;
}
