import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../../server/app.ts';
import { createPaymentCoordinator } from '../../../server/commands/paymentCoordinator.ts';
import type { Config } from '../../../server/config.ts';
import { auditPaymentOf } from '../../../server/deps/audits.ts';
import { identityOf } from '../../../server/deps/identity.ts';
import { payoutChannelOf, portsOf } from '../../../server/deps/ports.ts';
import { serversOf } from '../../../server/deps/servers.ts';
import { useCasesOf } from '../../../server/deps/useCases.ts';
import { watchingOf } from '../../../server/deps/watching.ts';
import { decide } from '../../../server/domain/payment.ts';
import { createRelay } from '../../../server/events/relay.ts';
import { createSubscribers } from '../../../server/events/subscribers.ts';
import { createLook } from '../../../server/monitor/chainLook.ts';
import { createDueHandlers } from '../../../server/monitor/dueHandlers.ts';
import { createWorkDriver } from '../../../server/monitor/workDriver.ts';
import type { Clock } from '../../../server/ports.ts';
import type { Chain } from '../../../server/providers/chain/connectChain.ts';
import { createStore, type Store } from '../../../server/store/createStore.ts';
import { createTokens } from '../../../server/tokens.ts';
import { rateLimits } from '../../http/standIn.ts';
import { heardLogger as logger } from '../../support/canaries.ts';

/** One life of the server: its own memory and connections, and nothing that happens by itself. */
export interface ModelServer {
  readonly url: string;
  readonly store: Store;
  /** Effects, due work and, when the chain has changed, the monitor's look at it, until nothing is left to do now. */
  work(): Promise<void>;
  /** The sweep over deadlines. */
  sweep(): Promise<void>;
  /** A fresh look at one payment, as the poller takes it. */
  look(paymentId: string): Promise<void>;
  close(): Promise<void>;
}

/** What outlives a server. */
export interface Surroundings {
  readonly config: Config;
  readonly chain: Chain;
  readonly clock: Clock;
}

const nothing = () => undefined;
/** More than one run opens. */
const sweepLimit = 100;

function wire({ config, chain, clock }: Surroundings, store: Store) {
  const bare = {
    ...portsOf({ config, store, chain, provider: undefined, logger, nudge: nothing }),
    ...{ clock, hints: store.hints, decide, digest: store.digest, wakeRelay: nothing },
  };
  const ports = { ...bare, coordinator: createPaymentCoordinator(bare) };
  const useCases = useCasesOf(ports);
  const recordAlarm = store.audit.record;
  const payoutChannel = payoutChannelOf(ports.gateway, ports.policy);
  const broadcast = { publish: async () => undefined };
  const subscribers = createSubscribers({ ...ports, broadcast, payoutChannel, recordAlarm });
  const { relay: relayStore, watches, cursors } = store;
  const relay = createRelay({ ...ports, relayStore, project: store.projectOnce, watches, subscribers, recordAlarm });
  const driver = createWorkDriver({ ...ports, handlers: createDueHandlers({ ...ports, ...useCases }) });
  const { marketplaceId } = ports.policy;
  const looks = chain.networks.map((network) => createLook({ ...ports, network, cursors, watches, marketplaceId }));
  return { ports, useCases, relay, driver, looks };
}

function appOf({ config, chain }: Surroundings, store: Store, { ports, useCases }: ReturnType<typeof wire>) {
  const { JWT_SECRET: secret, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  const verifyMarketplace = createTokens({ secret, publicKey: '', issuer, audience }).verify;
  const identity = identityOf({ ...ports, config, store, verifyMarketplace });
  const servers = serversOf({ config, ports, store, redis: null });
  const auditPayment = auditPaymentOf({ ports, store, chain });
  return createApp({
    development: null,
    trail: async () => undefined,
    ...ports,
    ...servers,
    commands: { ...useCases, ...servers.commands, ...identity.commands, auditPayment },
    ...{ idempotency: store.idempotency, ledger: store.ledger, reports: store.reconciliation, checks: {} },
    paymentReports: store.paymentReports,
    watching: watchingOf({ ports, store }),
    metrics: { text: async () => ({ contentType: 'text/plain', body: '' }) },
    verifyToken: identity.verify,
    demandOpenSession: identity.demandOpenSession,
    settings: {
      ...{ publicUrl: config.PUBLIC_URL, webhookKeys: [config.SHKEEPER_API_KEY], legacySignature: 'off' },
      ...{
        webhookSources: null,
        ackStatus: 202,
        allowedOrigins: [],
        metrics: { token: '', open: false },
        trustProxy: 0,
        invoicePollSeconds: 60,
        stepUpRequired: false,
        rateLimits,
      },
    },
  });
}

const headOf = async ({ chain }: Surroundings) => chain.reader.head(chain.networks[0]?.name ?? '');

/** Starts a server over the database as it is; whatever an earlier one kept in memory is gone. */
export async function startServer(around: Surroundings): Promise<ModelServer> {
  const store = await createStore({ uri: around.config.MONGODB_URI });
  const wired = wire(around, store);
  const { relay, driver, looks, ports, useCases } = wired;
  const http = createServer(appOf(around, store, wired));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  let seen = '';
  const drain = async () => {
    do await relay.drain();
    while ((await driver.drain()) > 0);
  };
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    store,
    async work() {
      await drain();
      const { hash } = await headOf(around);
      if (hash === seen) return;
      seen = hash;
      for (const look of looks) await look();
      await drain();
    },
    async sweep() {
      await useCases.expirePayments(sweepLimit);
    },
    async look(paymentId) {
      await useCases.verifyPayment(paymentId, { askProvider: false });
    },
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await ports.providerEvents.flush();
      await store.close();
    },
  };
}
