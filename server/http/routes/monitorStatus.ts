import type { Router } from 'express';
import type { Network } from '../../ports/outside.ts';
import type { AppDeps } from '../appDeps.ts';
import { autoWebhookStatus, walletMonitorStatus } from '../endpoints/paymentCare.ts';
import { exactRouter } from '../exactRouter.ts';
import { iso } from '../presentParts.ts';
import type { ServeOpen } from '../serveOpen.ts';
import { sharedFor } from '../shared.ts';

/** Anybody may ask, and every answer reads chains and rows: whoever asks within this time gets the same. */
const sharedMs = 5_000;
/** More than any network finalizes at once. */
const freshBlocks = 500;
const shownWatches = 100;
/** Looks are spread, and a busy provider delays them: late by so many intervals means that nobody looks. */
const lateIntervals = 3;

/** Whether the chains and the provider's invoices are being watched. */
export function monitorStatusRoutes({ watching, gateway, clock, settings }: AppDeps, serveOpen: ServeOpen): Router {
  const router = exactRouter();

  async function stateOf({ name, chainId }: Network) {
    const [cursor, finalized] = await Promise.all([
      watching.cursor(chainId),
      watching.finalized(name).catch(() => null),
    ]);
    const block = cursor?.blockNumber ?? null;
    const behindBlocks = block === null || finalized === null ? null : Math.max(0, finalized - block);
    const isMonitoring = behindBlocks !== null && behindBlocks <= freshBlocks;
    return { network: name, isMonitoring, block, behindBlocks };
  }

  const networkStates = sharedFor(sharedMs, clock, async () => {
    const networks = await Promise.all(gateway.networks().map(stateOf));
    const isMonitoring = networks.length > 0 && networks.every((state) => state.isMonitoring);
    return { isMonitoring, asOf: iso(clock.now()), networks };
  });

  async function walletsOf({ name, chainId }: Network) {
    const watches = await watching.watched(chainId, clock.now(), shownWatches);
    return watches.map(({ paymentId, addresses }) => ({
      ...{ network: name, paymentId },
      addresses: addresses.map(({ address }) => gateway.checksum(address)),
    }));
  }

  const polls = sharedFor(sharedMs, clock, async () => {
    const { count, oldestMs } = await watching.duePolls(clock.now());
    const waitedMs = oldestMs === null ? 0 : Math.max(0, clock.now() - oldestMs);
    const late = waitedMs > lateIntervals * settings.invoicePollSeconds * 1000;
    const state = late ? 'behind' : count === 0 ? 'idle' : 'running';
    return {
      ...{ isMonitoring: !late, state, asOf: iso(clock.now()), intervalSeconds: settings.invoicePollSeconds },
      ...{ due: count, oldestDueSeconds: Math.floor(waitedMs / 1000) },
    };
  });

  serveOpen(router, walletMonitorStatus, async ({ actor }) => {
    const data = await networkStates();
    if (actor?.role !== 'admin') return { success: true, data };
    const wallets = (await Promise.all(gateway.networks().map(walletsOf))).flat();
    return { success: true, data: { ...data, wallets } };
  });

  serveOpen(router, autoWebhookStatus, async () => ({ success: true, data: await polls() }));

  return router;
}
