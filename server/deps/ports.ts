import type { createPaymentCoordinator } from '../commands/paymentCoordinator.ts';
import { payoutLimitsOf } from '../config/payouts.ts';
import type { Config } from '../config.ts';
import type { PayoutChannel } from '../events/subscribers.ts';
import { splitOperation } from '../http/endpoint.ts';
import { invoiceWebhook, payoutWebhook } from '../http/endpoints/webhooks.ts';
import type { Operation } from '../http/policies.ts';
import type { Nudge } from '../jobs/nudges.ts';
import type { EscrowGateway, PayInProvider } from '../ports/outside.ts';
import type { Clock, DueWork, Logger, Policy } from '../ports.ts';
import type { Chain } from '../providers/chain/connectChain.ts';
import { createShkeeperClient } from '../providers/shkeeper/client.ts';
import { createShkeeperProvider } from '../providers/shkeeper/provider.ts';
import type { Store } from '../store/createStore.ts';
import { createTermsArchive } from '../store/termsArchive.ts';
import { createDeliveryTally } from './deliveryTally.ts';
import { createCrashPoint, systemClock, systemIds } from './system.ts';

/** Where the provider reaches our webhooks from outside; the paths are those of the routes. */
export function callbackUrlsOf(publicUrl: string): Policy['callbackUrls'] {
  const url = ({ operation }: { operation: Operation }) =>
    publicUrl.replace(/\/$/, '') + splitOperation(operation).path;
  return { invoice: url(invoiceWebhook), payout: url(payoutWebhook) };
}

function policyFrom(config: Config): Policy {
  return {
    callbackUrls: callbackUrlsOf(config.PUBLIC_URL),
    intentTtlMinutes: config.INTENT_TTL_MINUTES,
    monitoringDays: config.MONITORING_DAYS,
    feeBps: config.MARKETPLACE_FEE_BPS,
    settlementValidHours: config.SETTLEMENT_VALID_HOURS,
    deliverDays: config.DELIVER_DAYS,
    inspectionDays: config.INSPECTION_DAYS,
    disputeSellerBps: config.DISPUTE_SELLER_BPS,
    marketplaceId: config.MARKETPLACE_ID,
  };
}

/** Where payouts of an asset leave from; the wallet is the pinned one of the networks file. */
export function payoutChannelOf(gateway: EscrowGateway, { callbackUrls }: Policy): PayoutChannel {
  return ({ network, token }) => {
    const found = gateway.network(network);
    const coin = found?.tokens.find((entry) => entry.token === token)?.shkeeperName;
    if (!found || !coin) throw new Error(`No payouts of ${token} on ${network}: it is not in NETWORKS_FILE any more`);
    return { coin, wallet: found.shkeeperHotWallet, callbackUrl: callbackUrls.payout };
  };
}

/** Due rows are durable; the nudge that follows only makes them punctual in whatever process has time. */
function punctual(dueWork: DueWork, nudge: (nudge: Nudge, delayMs: number) => void, clock: Clock): DueWork {
  return {
    ...dueWork,
    async schedule(kind, paymentId, atMs) {
      await dueWork.schedule(kind, paymentId, atMs);
      nudge({ kind, paymentId }, atMs - clock.now());
    },
  };
}

const shkeeperOf = (config: Config): PayInProvider =>
  createShkeeperProvider(
    createShkeeperClient({
      url: config.SHKEEPER_URL,
      apiKey: config.SHKEEPER_API_KEY,
      payoutUser: config.SHKEEPER_PAYOUT_USER,
      payoutPassword: config.SHKEEPER_PAYOUT_PASSWORD,
    }),
  );

/** Everything a use case may be handed, under the names their interfaces use. */
export function portsOf(parts: {
  config: Config;
  store: Store;
  chain: Chain;
  /** Stands in for the configured SHKeeper. */
  provider: PayInProvider | undefined;
  logger: Logger;
  nudge: (nudge: Nudge, delayMs: number) => void;
}) {
  const { config, store, chain, logger, nudge, provider = shkeeperOf(config) } = parts;
  return {
    store: store.transitions,
    transitions: store.transitions,
    queries: store.queries,
    marketplace: store.marketplace,
    providerEvents: createDeliveryTally(store.providerEvents, logger),
    dueWork: punctual(store.dueWork, nudge, systemClock),
    chain: chain.reader,
    gateway: chain.gateway,
    provider,
    termsArchive: createTermsArchive(config.TERMS_ARCHIVE, systemClock),
    clock: systemClock,
    ids: systemIds,
    policy: policyFrom(config),
    payoutLimits: payoutLimitsOf(config),
    payoutApprovals: store.payoutApprovals,
    logger,
    crash: createCrashPoint(config.CRASH_AT),
    manualAfterMs: config.PAYOUT_MANUAL_AFTER_SECONDS * 1000,
  };
}

/** What every use case picks from. */
export type Ports = ReturnType<typeof portsOf> & { readonly coordinator: ReturnType<typeof createPaymentCoordinator> };
