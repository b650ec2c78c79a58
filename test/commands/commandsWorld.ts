import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Wallet } from 'ethers';
import { createPaymentCoordinator } from '../../server/commands/paymentCoordinator.ts';
import { payoutLimitsOf } from '../../server/config/payouts.ts';
import { callbackUrlsOf, type Ports, payoutChannelOf } from '../../server/deps/ports.ts';
import { type UseCases, useCasesOf } from '../../server/deps/useCases.ts';
import { decide } from '../../server/domain/payment.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import type { PurchaseRequest, SellerOffer } from '../../server/domain/trade.ts';
import { AppError, type ErrorCode } from '../../server/errors.ts';
import { createRelay, type Relay } from '../../server/events/relay.ts';
import { createSubscribers } from '../../server/events/subscribers.ts';
import { createDueHandlers } from '../../server/monitor/dueHandlers.ts';
import { createWorkDriver, type WorkDriver } from '../../server/monitor/workDriver.ts';
import type { PayInProvider } from '../../server/ports/outside.ts';
import type { ProviderWallets } from '../../server/ports/reconciliation.ts';
import type { Actor } from '../../server/ports.ts';
import { createShkeeperClient } from '../../server/providers/shkeeper/client.ts';
import { createShkeeperProvider, createShkeeperWallets } from '../../server/providers/shkeeper/provider.ts';
import { startSimulator } from '../../server/providers/shkeeper/simulator/simulator.ts';
import type { Store } from '../../server/store/createStore.ts';
import { createTermsArchive } from '../../server/store/termsArchive.ts';
import { type ChainWorld, memoryLogger, one, openChainWorld } from '../providers/chain/chainWorld.ts';
import { randomIds } from '../support/factories.ts';
import { openTestStore } from '../support/mongo.ts';

export { one } from '../providers/chain/chainWorld.ts';

export const admin: Actor = { userId: 'an-admin', role: 'admin' };
export const buyer: Actor = { userId: 'a-buyer', role: 'buyer' };
export const seller: Actor = { userId: 'a-seller', role: 'seller' };
/** Wallets of the users, with keys nobody needs. */
export const wallets = {
  refund: new Wallet(`0x${'a1'.repeat(32)}`).address.toLowerCase(),
  payout: new Wallet(`0x${'a2'.repeat(32)}`).address.toLowerCase(),
};

const apiKey = 'commands-api-key';
const [payoutUser, payoutPassword] = ['payer', 'payer-password'];
const manualAfterMs = 86_400_000;
/** More than any test here pays out. */
const roomyLimits = payoutLimitsOf({
  PAYOUT_MOST: '100000',
  PAYOUT_MOST_PER_DAY: '1000000',
  PAYOUT_KEY_DESTINATIONS: [],
});

/** A request with one offer. */
export interface PostedTrade {
  readonly request: PurchaseRequest;
  readonly offer: SellerOffer;
}

/** One server process over the shared stores: its own memory, its own crash points. */
export interface Process {
  readonly ports: Ports;
  readonly useCases: UseCases;
  readonly relay: Relay;
  readonly driver: WorkDriver;
}

/** The use cases on a real database, a real chain and the provider's simulator; time passes as the test says. */
export interface CommandsWorld extends Process {
  readonly chain: ChainWorld;
  readonly store: Store;
  readonly wallets: ProviderWallets;
  /** Lets time pass for the server; the chain keeps its own. */
  advance(ms: number): void;
  /** Effects and due work until nothing is left to do now. */
  work(): Promise<void>;
  control(path: string, body: object): Promise<Record<string, unknown>>;
  /** How many invoices the provider has. */
  invoices(): Promise<number>;
  post(options?: { amount?: string; refundTo?: string | null; payoutAddress?: string | null }): Promise<PostedTrade>;
  /** An intent for 100 tokens, or as asked. */
  open(options?: { amount?: string; refundTo?: string | null; payoutAddress?: string | null }): Promise<PaymentState>;
  /** The buyer pays to an address and everything so far becomes final. */
  pay(to: string, tokens: bigint): Promise<string>;
  state(paymentId: string): Promise<PaymentState>;
  /** Another process on the same stores; `crashAt` makes it die at that point. */
  process(options?: { crashAt?: string; provider?: Partial<PayInProvider> }): Process;
  /** A payment whose price lies in the vault, final. */
  funded(options?: { amount?: string; refundTo?: string | null; payoutAddress?: string | null }): Promise<PaymentState>;
  close(): Promise<void>;
}

/** Thrown at a crash point in place of the death of the process. */
export class Crash extends Error {}

export async function openCommandsWorld(): Promise<CommandsWorld> {
  const [chain, testStore] = await Promise.all([openChainWorld(), openTestStore()]);
  const { store } = testStore;
  const { deployment } = chain;
  const archive = mkdtempSync(join(tmpdir(), 'holdfast-terms-'));
  const simulator = await startSimulator({
    ...{ rpcUrl: chain.url, chainId: deployment.chainId, apiKey, payoutUser, payoutPassword },
    ...{ hotWalletKey: deployment.hotWalletKey, buyerKey: deployment.buyerKey, tickMs: 0, sweepDelayMs: 0 },
    coins: [{ name: 'BNB-USDT', tokenAddress: deployment.token, decimals: 18, symbol: 'USDT' }],
  });
  const client = createShkeeperClient({
    ...{ url: simulator.url, apiKey, payoutUser, payoutPassword, delay: async () => undefined },
  });
  let offsetMs = 0;
  const clock = { now: () => Date.now() + offsetMs };

  function portsOf(options: { crashAt?: string; provider?: Partial<PayInProvider> }): Ports {
    const bare = {
      ...{ store: store.transitions, transitions: store.transitions, queries: store.queries },
      ...{
        marketplace: store.marketplace,
        providerEvents: { ...store.providerEvents, flush: async () => undefined },
        dueWork: store.dueWork,
      },
      ...{ chain: chain.chain.reader, gateway: chain.chain.gateway, clock, ids: randomIds, logger: memoryLogger() },
      provider: { ...createShkeeperProvider(client), ...options.provider },
      termsArchive: createTermsArchive(archive, clock),
      policy: {
        ...{ callbackUrls: callbackUrlsOf('http://127.0.0.1:9'), intentTtlMinutes: 15, monitoringDays: 7, feeBps: 100 },
        ...{ settlementValidHours: 24, deliverDays: 14, inspectionDays: 3, disputeSellerBps: 5_000 },
        marketplaceId: 'main',
      },
      crash: (label: string) => {
        if (label === options.crashAt) throw new Crash(label);
      },
      manualAfterMs,
      payoutLimits: roomyLimits,
      payoutApprovals: store.payoutApprovals,
    };
    const wakeRelay = () => undefined;
    return {
      ...bare,
      coordinator: createPaymentCoordinator({
        ...bare,
        ...{ hints: store.hints, decide, digest: store.digest, wakeRelay },
      }),
    };
  }

  function process(options: { crashAt?: string; provider?: Partial<PayInProvider> } = {}): Process {
    const ports = portsOf(options);
    const useCases = useCasesOf(ports);
    const recordAlarm = store.audit.record;
    const payoutChannel = payoutChannelOf(ports.gateway, ports.policy);
    const broadcast = { publish: async () => undefined };
    const subscribers = createSubscribers({ ...ports, broadcast, payoutChannel, recordAlarm });
    const shared = { relayStore: store.relay, project: store.transitions.project, watches: store.watches };
    const relay = createRelay({ ...ports, ...shared, subscribers, recordAlarm });
    const driver = createWorkDriver({ ...ports, handlers: createDueHandlers({ ...ports, ...useCases }) });
    return { ports, useCases, relay, driver };
  }

  const main = process();
  const { useCases } = main;

  const world: CommandsWorld = {
    ...main,
    ...{ chain, store, wallets: createShkeeperWallets(client) },
    process,
    advance: (ms) => {
      offsetMs += ms;
    },
    async work() {
      do await main.relay.drain();
      while ((await main.driver.drain()) > 0);
    },
    async control(path, body) {
      const answer = await fetch(`${simulator.url}/control/${path}`, { method: 'POST', body: JSON.stringify(body) });
      expect(answer.status).to.equal(200);
      return (await answer.json()) as Record<string, unknown>;
    },
    async invoices() {
      const health = (await (await fetch(`${simulator.url}/control/health`)).json()) as { invoices: number };
      return health.invoices;
    },
    async post({ amount = '100', refundTo = wallets.refund, payoutAddress = wallets.payout } = {}) {
      const words = { actor: buyer, title: 'A chair', description: 'Wooden' };
      const request = await useCases.postRequest({ ...words, ...(refundTo === null ? {} : { refundTo }) });
      const address = payoutAddress === null ? {} : { payoutAddress };
      const offer = await useCases.placeOffer({ actor: seller, requestId: request.id, amount, ...address });
      return { request, offer };
    },
    async open(options) {
      return (await useCases.openIntent(intentFor(await world.post(options)))).state;
    },
    async pay(to, tokens) {
      const { hash } = await chain.pay(to, tokens);
      await chain.finalize();
      return hash;
    },
    async state(paymentId) {
      const state = (await store.transitions.tail(paymentId))?.state;
      if (state?.direction !== 'in') throw new Error(`${paymentId} is no payment`);
      return state;
    },
    async funded(options) {
      const { id, vault, price } = await world.open(options);
      await world.pay(vault, price);
      await useCases.verifyPayment(id, { askProvider: false });
      await world.work();
      return world.state(id);
    },
    async close() {
      await simulator.stop();
      await testStore.close();
      await chain.close();
      rmSync(archive, { recursive: true });
    },
  };
  return world;
}

/** What the buyer sends to open the intent of a trade. */
export function intentFor({ request, offer }: PostedTrade) {
  const { id: sellerOfferId, sellerId, amount, token, network } = offer;
  return { actor: buyer, purchaseRequestId: request.id, sellerOfferId, sellerId, amount, token, network };
}

/** Expects a refusal with this code and answers it. */
export async function refused(work: Promise<unknown>, code: ErrorCode): Promise<AppError> {
  const outcome = await work.then(
    () => 'an answer',
    (error: unknown) => error,
  );
  if (!(outcome instanceof AppError)) throw outcome instanceof Error ? outcome : new Error(`expected ${code}`);
  expect(outcome.code, outcome.message).to.equal(code);
  return outcome;
}

/** The one-time address of a payment. */
export function addressOf(state: PaymentState): string {
  const address = state.provider?.address;
  if (!address) throw new Error(`${state.id} has no address`);
  return address;
}

export const tokens = (amount: number) => BigInt(amount) * one;
