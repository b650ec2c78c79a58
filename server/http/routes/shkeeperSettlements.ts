import type { Router } from 'express';
import { escrowStateOf } from '../../domain/facts.ts';
import type { AppDeps } from '../appDeps.ts';
import { confirmReleaseBatch, prepareReleaseBatch } from '../endpoints/releaseBatch.ts';
import { confirmRefund, confirmRelease, prepareRefund, prepareRelease } from '../endpoints/settlements.ts';
import { exactRouter } from '../exactRouter.ts';
import { incomingOnly, newest } from '../ownership.ts';
import { presentBatch, presentConfirmed } from '../presentBatch.ts';
import { presentPrepared } from '../presentSettlement.ts';
import type { Serve } from '../serve.ts';

const directions = [
  { kind: 'release', prepare: prepareRelease, confirm: confirmRelease },
  { kind: 'refund', prepare: prepareRefund, confirm: confirmRefund },
] as const;

/** Release and refund, one by one or releases as a batch: prepare what the admins sign, then prove what was broadcast. */
export function shkeeperSettlementRoutes(deps: AppDeps, serve: Serve): Router {
  const { commands, gateway } = deps;
  const spell = (address: string) => gateway.checksum(address);
  const router = exactRouter();

  for (const { kind, prepare, confirm } of directions) {
    serve(router, prepare, async ({ actor, params, body, claimed }) => {
      const prepared = await commands.prepareSettlement({ actor, paymentId: params.id, kind, ...body, ...claimed });
      const { asset } = incomingOnly(await newest(deps, params.id)).state;
      return { success: true, data: presentPrepared(prepared, asset, spell) };
    });

    serve(router, confirm, async ({ actor, params, body, claimed }) => {
      const input = { actor, paymentId: params.id, kind, txHash: body.txHash, ...claimed };
      const { state, settlement } = await commands.confirmSettlement(input);
      const { status } = state;
      return { success: true, data: { status, escrowState: escrowStateOf(state), settlement } };
    });
  }

  serve(router, prepareReleaseBatch, async ({ actor, body }) => {
    return { success: true, data: presentBatch(await commands.prepareBatch({ actor, ...body }), spell) };
  });

  serve(router, confirmReleaseBatch, async ({ actor, body }) => {
    const items = await commands.confirmBatch({ actor, ...body });
    return { success: true, data: { items: items.map(presentConfirmed) } };
  });

  return router;
}
