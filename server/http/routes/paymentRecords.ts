import type { Router } from 'express';
import { escrowStateOf } from '../../domain/facts.ts';
import { AppError } from '../../errors.ts';
import type { AppDeps } from '../appDeps.ts';
import { paymentCallback, postPayment, verifyPayment } from '../endpoints/paymentRecords.ts';
import { exactRouter } from '../exactRouter.ts';
import type { Mounting } from '../mounting.ts';
import { incomingOnly, newest, ownPayment } from '../ownership.ts';
import { buyersTransfers } from '../presentParts.ts';

const looked = 'The chain was looked at; the status says what it proved.';

/** Payments recorded by hand, and the ways in which a client says that one was paid. */
export function paymentRecordRoutes(deps: AppDeps, { serve, serveOpen, present, open }: Mounting): Router {
  const { commands } = deps;
  const router = exactRouter();

  serve(router, postPayment, async ({ actor, body, claimed }) => {
    const { amount: price, blockchain, ...words } = body;
    const state = await commands.recordPayment({
      ...{ actor, ...words, ...blockchain, ...claimed, rail: 'manual' },
      ...{ amount: price.amount, currency: price.currency },
    });
    return present.payment(incomingOnly(await newest(deps, state.id)), actor);
  });

  serve(router, verifyPayment, async ({ actor, body: { paymentId, transactionHash, purchaseRequestId } }) => {
    const { state } = incomingOnly(await ownPayment(deps, actor, paymentId));
    if (purchaseRequestId !== undefined && purchaseRequestId !== state.requestId) {
      throw new AppError('offer_mismatch', `This payment is for the request ${state.requestId}.`, {
        details: { field: 'purchaseRequestId', offered: state.requestId, sent: purchaseRequestId },
      });
    }
    const { state: now } = await open.look(actor, paymentId, transactionHash);
    const data = {
      ...{ paymentId, purchaseRequestId: now.requestId, status: now.status, escrowState: escrowStateOf(now) },
      transactionHash: buyersTransfers(now)[0]?.txHash ?? null,
    };
    return { success: true, message: looked, data };
  });

  serveOpen(router, paymentCallback, async ({ actor, body: { paymentId, transactionHash } }) => {
    const found = await open.look(actor, paymentId, transactionHash);
    return { success: true, accepted: 'hint', message: looked, ...(await open.show(actor, found)) };
  });

  return router;
}
