import type { Router } from 'express';
import type { PaymentState } from '../../domain/state.ts';
import type { AppDeps } from '../appDeps.ts';
import { batchCursor, placeOfBatch } from '../batchCursors.ts';
import {
  adminPayout,
  savePayment,
  updateDecentralized,
  verifyAllPending,
  verifyDecentralized,
} from '../endpoints/decentralized.ts';
import { exactRouter } from '../exactRouter.ts';
import type { Mounting } from '../mounting.ts';

const looked = 'The chain was looked at; the status says what it proved.';
const isOpen = ({ status }: PaymentState) => status === 'pending' || status === 'processing';
const isLost = ({ status }: PaymentState) => status === 'failed' || status === 'cancelled';

/** Payments that a wallet makes by itself: what clients say of them is a hint, and the chain decides. */
export function decentralizedRoutes(deps: AppDeps, { serve, serveOpen, present, open }: Mounting): Router {
  const { commands } = deps;
  const router = exactRouter();

  serve(router, savePayment, async ({ actor, body, claimed }) => {
    const state = await commands.recordPayment({ actor, rail: 'web3', ...body, ...claimed });
    const transactionHash = body.transactionHash ?? null;
    return { success: true, data: { ...present.intent(state), transactionHash, accepted: 'hint' } };
  });

  serveOpen(router, updateDecentralized, async ({ actor, body: { paymentId } }) => {
    const found = await open.look(actor, paymentId, undefined);
    return { success: true, accepted: 'hint', message: looked, ...(await open.show(actor, found)) };
  });

  serveOpen(router, verifyDecentralized, async ({ actor, params: { paymentId }, body: { transactionHash } }) => {
    const found = await open.look(actor, paymentId, transactionHash);
    return { success: true, accepted: 'hint', message: looked, ...(await open.show(actor, found)) };
  });

  serve(router, verifyAllPending, async ({ body: { limit, cursor } }) => {
    const { operation } = verifyAllPending;
    const after = placeOfBatch(operation, cursor);
    const { checked, next } = await commands.verifyOpenPayments({ limit, after, askProvider: false });
    const states = checked.flatMap(({ now }) => (now === null ? [] : [now]));
    const stillPending = states.filter(isOpen).length;
    const failed = states.filter(isLost).length;
    const data = {
      ...{ scanned: checked.length, completed: states.length - stillPending - failed, stillPending, failed },
      ...{ unchecked: checked.length - states.length, nextCursor: batchCursor(operation, next) },
    };
    return { success: true, data, message: `${checked.length} open payments were looked at.` };
  });

  serve(router, adminPayout, async ({ actor, body, claimed }) => {
    const data = await commands.adminPayout({ actor, ...body, ...claimed });
    return { success: true, data, message: 'The payout is on its way; its events and its status say when it arrived.' };
  });

  return router;
}
