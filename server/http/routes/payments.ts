import type { Router } from 'express';
import type { AppDeps } from '../appDeps.ts';
import { acceptLate, getPayment, listEvents, putPayment } from '../endpoints/payments.ts';
import { exactRouter } from '../exactRouter.ts';
import { incomingOnly, newest, ownPayment } from '../ownership.ts';
import type { Presenter } from '../present.ts';
import { presentStep } from '../presentEvents.ts';
import type { Serve } from '../serve.ts';
import { demandVersion, versioned } from '../versions.ts';

/** Steps in one answer, several times what an ordinary payment has; a client that is further behind asks again from `nextAfter`. */
const eventsMax = 50;

/** One payment: reading it, hinting at its transaction, cancelling it, and an admin's word on late money. */
export function paymentRoutes(deps: AppDeps, serve: Serve, present: Presenter): Router {
  const { commands, transitions } = deps;
  const fresh = async (id: string) => incomingOnly(await newest(deps, id));
  const router = exactRouter();

  serve(router, getPayment, async ({ actor, params, header }) =>
    versioned(present.any(await ownPayment(deps, actor, params.id), actor), header('if-none-match')),
  );

  serve(router, putPayment, async ({ actor, header, params: { id }, body: { status, transactionHash } }) => {
    const expected = demandVersion(header('if-match'), incomingOnly(await ownPayment(deps, actor, id)));
    const isCancelled = status === 'cancelled';
    if (isCancelled) await commands.cancelPayment({ actor, paymentId: id, ...expected });
    // Behind a cancellation of the same call it is the version that this call has made.
    const after = isCancelled ? {} : expected;
    if (transactionHash !== undefined)
      await commands.confirmTransfer({ actor, paymentId: id, transactionHash, ...after });
    else if (status !== undefined && status !== 'cancelled') {
      await commands.verifyPayment(id, { askProvider: true, hint: true });
    }
    return versioned(present.payment(await fresh(id), actor));
  });

  serve(router, listEvents, async ({ actor, params: { id }, query: { after } }) => {
    await ownPayment(deps, actor, id);
    const found = await transitions.after(id, after, eventsMax);
    return { success: true, data: found.map(presentStep), nextAfter: found.at(-1)?.seq ?? after };
  });

  serve(router, acceptLate, async ({ actor, params: { id }, claimed }) => {
    await commands.acceptLate({ actor, paymentId: id, ...claimed });
    return { success: true, data: present.payment(await fresh(id), actor) };
  });

  return router;
}
