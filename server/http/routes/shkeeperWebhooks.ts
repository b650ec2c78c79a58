import type { RequestHandler, Router } from 'express';
import { translateCallback, translatePayoutCallback } from '../../providers/shkeeper/translate.ts';
import type { AppDeps } from '../appDeps.ts';
import { createTakeDelivery, type DeliveryKind } from '../deliveries.ts';
import { splitOperation } from '../endpoint.ts';
import { invoiceWebhook, payoutWebhook } from '../endpoints/webhooks.ts';
import { exactRouter } from '../exactRouter.ts';

/** SHKeeper's callbacks; mounted before every parser. */
export function shkeeperWebhookRoutes(deps: AppDeps): Router {
  const { commands, settings } = deps;
  const router = exactRouter();
  const deliveries = createTakeDelivery(deps);

  const take = <T>(kind: DeliveryKind<T>): RequestHandler[] => [
    (request, _response, next) => {
      deliveries.demandHeaders(request, kind.provider);
      next();
    },
    deliveries.readBody(kind.provider),
    async (request, response) => {
      await deliveries.take(request, kind);
      response.status(settings.ackStatus).json({ success: true });
    },
  ];

  const invoices = take({
    provider: 'shkeeper',
    translate: translateCallback,
    record: (report, delivery) => commands.recordReport({ report, ...delivery }),
  });
  const payouts = take({
    provider: 'shkeeper-payout',
    translate: translatePayoutCallback,
    record: (callback, delivery) => commands.recordPayoutCallback({ callback, ...delivery }),
  });
  router.post(splitOperation(payoutWebhook.operation).path, payouts);
  router.post(splitOperation(invoiceWebhook.operation).path, invoices);
  return router;
}
