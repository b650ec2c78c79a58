import type { Server as HttpServer, RequestListener } from 'node:http';
import { Redis } from 'ioredis';
import { createApp } from './app.ts';
import { createPaymentCoordinator } from './commands/paymentCoordinator.ts';
import { demandsStepUp } from './config/identity.ts';
import type { Config } from './config.ts';
import { auditPaymentOf } from './deps/audits.ts';
import { developmentOf } from './deps/development.ts';
import { identityOf } from './deps/identity.ts';
import { nightlyOf } from './deps/nightly.ts';
import { type Ports, payoutChannelOf, portsOf } from './deps/ports.ts';
import { serversOf } from './deps/servers.ts';
import { namingSources, repeating, systemClock } from './deps/system.ts';
import { tokensOf } from './deps/tokens.ts';
import { trailOf } from './deps/trail.ts';
import { type UseCases, useCasesOf } from './deps/useCases.ts';
import { watchingOf } from './deps/watching.ts';
import { workerOf } from './deps/worker.ts';
import { decide } from './domain/payment.ts';
import { createRelay } from './events/relay.ts';
import { createSubscribers } from './events/subscribers.ts';
import { createNudgeQueue, type Nudge } from './jobs/nudges.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { createLook } from './monitor/chainLook.ts';
import type { PayInProvider } from './ports/outside.ts';
import type { Logger } from './ports.ts';
import { type Chain, connectChain } from './providers/chain/connectChain.ts';
import { loadNetworks } from './providers/chain/networks.ts';
import { createBroadcast } from './realtime/broadcast.ts';
import { createSocketServer } from './realtime/socketServer.ts';
import { createStore, type Store } from './store/createStore.ts';

function connectRedis(config: Config, logger: Logger): Redis | null {
  if (config.REDIS_URL === '') return null;
  const redis = new Redis(config.REDIS_URL, { maxRetriesPerRequest: null, lazyConnect: true });
  redis.on('error', () => undefined);
  redis.connect().catch(() => logger.warn({}, 'Redis is away: sockets reach this process only until it is back'));
  return redis;
}

/** What an address, and beside it a user, may ask in a minute; calls that write or make us look outside cost about ten times as much, those that move money twenty times. */
function rateLimitsOf(perMinute: number) {
  const part = (divisor: number) => Math.max(1, Math.floor(perMinute / divisor));
  return {
    ...{ anonymousPerMinute: perMinute, readPerMinute: perMinute },
    ...{ hintPerMinute: part(10), createPerMinute: part(10), moneyPerMinute: part(20) },
  };
}

function httpAppOf(parts: {
  config: Config;
  ports: Ports;
  store: Store;
  useCases: UseCases & { readonly auditPayment: ReturnType<typeof auditPaymentOf> };
  identity: ReturnType<typeof identityOf>;
  servers: ReturnType<typeof serversOf>;
  atEnd: (work: () => Promise<void>) => void;
}) {
  const { config, ports, store, useCases, identity, servers, atEnd } = parts;
  return createApp({
    ...ports,
    ...servers,
    commands: { ...useCases, ...servers.commands, ...identity.commands },
    idempotency: store.idempotency,
    ledger: store.ledger,
    paymentReports: store.paymentReports,
    watching: watchingOf({ ports, store }),
    reports: store.reconciliation,
    metrics: createMetrics({ ...ports, reports: store.reconciliation, backlogs: store.backlogs }),
    trail: trailOf({ ...ports, config, store }),
    atEnd,
    verifyToken: identity.verify,
    demandOpenSession: identity.demandOpenSession,
    development: developmentOf(config, ports.policy.callbackUrls.invoice),
    checks: {
      database: () => store.ping(),
      chains: () => Promise.all(ports.gateway.networks().map(({ name }) => ports.chain.head(name))),
    },
    settings: {
      publicUrl: config.PUBLIC_URL,
      webhookKeys: [...config.SHKEEPER_WEBHOOK_SECRET, config.SHKEEPER_API_KEY].filter((key) => key !== ''),
      webhookSources: config.SHKEEPER_WEBHOOK_SOURCES,
      ackStatus: config.SHKEEPER_WEBHOOK_ACK_STATUS,
      legacySignature: config.SHKEEPER_LEGACY_SIGNATURE,
      allowedOrigins: config.ALLOWED_ORIGINS,
      metrics: { token: config.METRICS_TOKEN, open: config.NODE_ENV !== 'production' },
      stepUpRequired: demandsStepUp(config),
      invoicePollSeconds: config.SHKEEPER_POLL_SECONDS,
      trustProxy: config.TRUST_PROXY,
      rateLimits: rateLimitsOf(config.RATE_LIMIT_PER_MINUTE),
    },
  });
}

/** The running product of one process. */
export interface Deps {
  readonly app: RequestListener | null;
  readonly logger: Logger;
  readonly ports: Ports;
  readonly useCases: UseCases;
  readonly store: Store;
  start(): Promise<void>;
  /** Lets running work finish, in the order doors, work, connections. */
  stop(): Promise<void>;
}

/** What a process is handed by whoever starts it; with `outside` it asks neither nodes nor the provider (measurements do so). */
export interface Given {
  readonly http: HttpServer | null;
  readonly logger?: Logger;
  readonly outside?: { readonly chain: Chain; readonly provider: PayInProvider };
}

function monitorsOf(parts: { config: Config; ports: Ports; store: Store; chain: Chain }) {
  const { config, ports, store, chain } = parts;
  const { cursors, watches } = store;
  return chain.networks.map((network) => {
    const look = createLook({ ...ports, network, cursors, watches, marketplaceId: ports.policy.marketplaceId });
    return repeating(`look at ${network.name}`, config.MONITOR_INTERVAL_MS, look, ports.logger);
  });
}

/** Connects everything that the configuration names and wires it; nothing runs before `start`. */
export async function createDeps(config: Config, given: Given): Promise<Deps> {
  const logger = given.logger ?? createLogger(config.LOG_LEVEL);
  const store = await createStore({ uri: config.MONGODB_URI });
  const chain =
    given.outside?.chain ??
    (await connectChain({ networks: loadNetworks(config.NETWORKS_FILE), logger, clock: systemClock }));
  const redis = connectRedis(config, logger);
  const queue = config.REDIS_URL === '' ? null : createNudgeQueue(config.REDIS_URL, logger);
  const nudge = (what: Nudge, delayMs: number) => queue?.nudge(what, delayMs);
  const bare = portsOf({ config, store, chain, provider: given.outside?.provider, logger, nudge });
  const isWorker = config.ROLES.includes('worker');
  let wakeOwnRelay = () => {};
  const wakeRelay = () => (isWorker ? wakeOwnRelay() : nudge({ kind: 'relay', paymentId: '' }, 0));
  const coordinator = namingSources(
    createPaymentCoordinator({ ...bare, ...{ hints: store.hints, decide, digest: store.digest, wakeRelay } }),
    config.CRASH_AT,
  );
  const ports: Ports = { ...bare, coordinator };
  const useCases = useCasesOf(ports);
  const auditPayment = auditPaymentOf({ ports, store, chain });

  const tokens = await tokensOf(config, { clock: ports.clock, logger });
  const identity = identityOf({ ...ports, config, store, verifyMarketplace: tokens.verify });
  const isWeb = config.ROLES.includes('web');
  const sockets = createSocketServer(isWeb ? given.http : null, {
    verify: identity.verify,
    demandOpenSession: identity.demandOpenSession,
    marketplace: store.marketplace,
    allowedOrigins: config.ALLOWED_ORIGINS,
    redis,
    logger,
    now: ports.clock.now,
  });
  const subscribers = createSubscribers({
    ...ports,
    broadcast: createBroadcast(sockets.emitter),
    payoutChannel: payoutChannelOf(ports.gateway, ports.policy),
    recordAlarm: (record) => store.audit.record(record),
  });
  const relay = createRelay({
    ...ports,
    relayStore: store.relay,
    project: store.projectOnce,
    watches: store.watches,
    subscribers,
    recordAlarm: (record) => store.audit.record(record),
  });
  wakeOwnRelay = relay.wake;
  const nightly = nightlyOf({ config, ports, store, chain });
  const worker = isWorker ? workerOf({ config, ports, useCases, nightly, relayWake: relay.wake }) : null;
  const lastWork: (() => Promise<void>)[] = [];
  const monitors = config.ROLES.includes('monitor') ? monitorsOf({ config, ports, store, chain }) : [];
  return {
    app: isWeb
      ? httpAppOf({
          config,
          ports,
          store,
          useCases: { ...useCases, auditPayment },
          identity,
          servers: serversOf({ config, ports, store, redis }),
          atEnd: (work) => lastWork.push(work),
        })
      : null,
    logger,
    ports,
    useCases,
    store,
    async start() {
      if (isWorker) relay.start();
      worker?.start();
      for (const monitor of monitors) monitor.start();
    },
    async stop() {
      tokens.stop();
      await sockets.close();
      await Promise.all([...monitors.map((monitor) => monitor.stop()), worker?.stop(), relay.stop()]);
      await Promise.all(lastWork.map((work) => work()));
      await queue?.close();
      redis?.disconnect();
      await ports.providerEvents.flush();
      chain.close();
      await store.close();
    },
  };
}
