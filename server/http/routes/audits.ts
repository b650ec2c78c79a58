import type { Router } from 'express';
import type { AppDeps } from '../appDeps.ts';
import { auditPayment } from '../endpoints/audits.ts';
import { exactRouter } from '../exactRouter.ts';
import type { Serve } from '../serve.ts';

/** The audit of one payment, for operators. */
export function auditRoutes({ commands }: Pick<AppDeps, 'commands'>, serve: Serve): Router {
  const router = exactRouter();

  serve(router, auditPayment, async ({ params: { id } }) => {
    const { paymentId, transitions, blocks, notCompared, violations, parked } = await commands.auditPayment(id);
    const waiting = parked.map(({ record, reason, ageMs }) => {
      return { effect: record, reason, ageSeconds: Math.round(ageMs / 1000) };
    });
    const holds = violations.length === 0;
    return { success: true, data: { paymentId, holds, transitions, blocks, notCompared, violations, parked: waiting } };
  });

  return router;
}
