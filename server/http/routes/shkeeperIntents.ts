import type { Router } from 'express';
import { escrowStateOf } from '../../domain/facts.ts';
import type { AppDeps } from '../appDeps.ts';
import { confirmTransaction, postIntent } from '../endpoints/intents.ts';
import { exactRouter } from '../exactRouter.ts';
import type { Presenter } from '../present.ts';
import type { Serve } from '../serve.ts';

/** Opening an intent, and the buyer's hint at the transaction that pays it. */
export function shkeeperIntentRoutes({ commands }: AppDeps, serve: Serve, present: Presenter): Router {
  const router = exactRouter();

  serve(router, postIntent, async ({ actor, body, claimed }) => {
    const { state } = await commands.openIntent({ actor, ...body, ...claimed });
    return { success: true, data: present.intent(state) };
  });

  serve(router, confirmTransaction, async ({ actor, body: { paymentId, transactionHash } }) => {
    const state = await commands.confirmTransfer({ actor, paymentId, transactionHash });
    const data = { paymentId, transactionHash, status: state.status, escrowState: escrowStateOf(state) };
    return { success: true, message: 'The transaction is checked on the chain; the status says what it proved.', data };
  });

  return router;
}
