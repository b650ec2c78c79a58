import type { Router } from 'express';
import type { DeliveryOutcome } from '../../ports/deliveries.ts';
import type { AppDeps } from '../appDeps.ts';
import { webhookStats } from '../endpoints/webhooks.ts';
import { exactRouter } from '../exactRouter.ts';
import type { Serve } from '../serve.ts';

const providers = ['shkeeper', 'shkeeper-payout'];
const failures: readonly DeliveryOutcome[] = ['unmatched', 'unreadable', 'refused'];
/** As many raw deliveries as a person looks through. */
const recentMax = 50;

/** What became of the providers' deliveries, and those that nobody could use, as they came. */
export function webhookStatsRoutes({ providerEvents }: AppDeps, serve: Serve): Router {
  const router = exactRouter();

  serve(router, webhookStats, async () => {
    const counts: Record<string, number> = {};
    for (const stats of await Promise.all(providers.map((provider) => providerEvents.stats(provider)))) {
      for (const [name, count] of Object.entries(stats)) counts[name] = (counts[name] ?? 0) + count;
    }
    const failure = failures.reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0);
    const recent = (await providerEvents.list(recentMax)).map(({ receivedAtMs, ...kept }) => {
      return { ...kept, receivedAt: new Date(receivedAtMs).toISOString() };
    });
    const data = { success: counts.accepted ?? 0, failure, duplicates: counts.duplicate ?? 0, counts, recent };
    return { success: true, data };
  });

  return router;
}
