import type { Router } from 'express';
import { AppError } from '../../errors.ts';
import type { AppDeps } from '../appDeps.ts';
import { approvePayout, payoutStatus, postPayout, resolvePayout } from '../endpoints/payouts.ts';
import { exactRouter } from '../exactRouter.ts';
import { ownershipOf } from '../policies.ts';
import type { Presenter } from '../present.ts';
import { iso } from '../presentParts.ts';
import type { Serve } from '../serve.ts';

const nothingThere = () => new AppError('not_found', 'There is no such payout.');

/** Payouts through the provider: ask for one, look at it, end it by hand, approve another admin's. */
export function shkeeperPayoutRoutes({ commands, queries }: AppDeps, serve: Serve, present: Presenter): Router {
  const router = exactRouter();

  serve(router, postPayout, async ({ actor, body: { metadata: _, ...body }, claimed }) => {
    const data = await commands.paySeller({ actor, ...body, ...claimed });
    return { success: true, data, message: 'The payout is on its way; its events and its status say when it arrived.' };
  });

  serve(router, payoutStatus, async ({ actor, params: { taskId } }) => {
    const id = (await queries.paymentByExternalId(taskId)) ?? taskId;
    const found = await queries.payment(id, ownershipOf(actor));
    if (found?.state.direction !== 'out') throw nothingThere();
    return { success: true, data: present.payout({ ...found, state: found.state }, actor) };
  });

  serve(router, resolvePayout, async ({ actor, params, body, claimed }) => {
    const { payoutId, status } = await commands.resolvePayout({ actor, ...params, ...body, ...claimed });
    return { success: true, data: { payoutId, status } };
  });

  serve(router, approvePayout, async ({ actor, body }) => {
    const { hash, approvedBy, approvedAtMs, expiresAtMs } = await commands.approvePayout({ actor, ...body });
    const [approvedAt, expiresAt] = [iso(approvedAtMs), iso(expiresAtMs)];
    return { success: true, data: { approvalHash: hash, approvedBy, approvedAt, expiresAt } };
  });

  return router;
}
