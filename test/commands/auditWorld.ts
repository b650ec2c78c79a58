import type { Document } from 'mongodb';
import { createAuditBooks } from '../../server/commands/auditBooks.ts';
import { createAuditPayment } from '../../server/commands/auditPayment.ts';
import { createPaymentCoordinator } from '../../server/commands/paymentCoordinator.ts';
import { decide } from '../../server/domain/payment.ts';
import type { IntentFacts, Signal } from '../../server/domain/signal.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { createRelay } from '../../server/events/relay.ts';
import { createSubscribers } from '../../server/events/subscribers.ts';
import { createLook } from '../../server/monitor/chainLook.ts';
import { createAuditedBooks, projectedFields } from '../../server/store/auditedBooks.ts';
import { digest } from '../../server/store/codec.ts';
import { intent } from '../domain/factories.ts';
import { type ChainWorld, memoryLogger, openChainWorld } from '../providers/chain/chainWorld.ts';
import { buildOffer, buildRequest, randomIds } from '../support/factories.ts';
import { openTestStore } from '../support/mongo.ts';

export type AuditWorld = Awaited<ReturnType<typeof openAuditWorld>>;

/** Payments of a real database that a real monitor tells about a real chain, and the audit of both. */
export async function openAuditWorld() {
  const [chain, testStore] = await Promise.all([openChainWorld(), openTestStore()]);
  const { store, database } = testStore;
  const [network] = chain.chain.networks;
  if (network === undefined) throw new Error('no network');
  const [logger, clock, crash] = [memoryLogger(), { now: () => Date.now() }, () => undefined];
  const shared = { logger, clock, crash, chain: chain.chain.reader, gateway: chain.chain.gateway };
  const coordinator = createPaymentCoordinator({
    ...{ transitions: store.transitions, decide, digest, ids: randomIds, ...shared, wakeRelay: () => undefined },
  });
  const recordAlarm = async () => undefined;
  const payoutChannel = () => ({
    coin: 'BNB-USDT',
    wallet: network.shkeeperHotWallet,
    callbackUrl: 'http://127.0.0.1:9',
  });
  const subscribers = createSubscribers({
    ...{ ...shared, coordinator, marketplace: store.marketplace, dueWork: store.dueWork },
    ...{ broadcast: { publish: async () => undefined }, payoutChannel, recordAlarm },
  });
  const { relay: relayStore, watches, cursors, queries } = store;
  const project = store.transitions.project;
  const relay = createRelay({ ...shared, relayStore, project, watches, subscribers, recordAlarm });
  const look = createLook({
    ...{ ...shared, network, watches, cursors, queries, store: store.transitions, coordinator, marketplaceId: 'main' },
  });

  const tell = (paymentId: string, signal: Signal) => coordinator.observe(paymentId, signal, { actor: 'test' });

  async function state(paymentId: string): Promise<PaymentState> {
    const found = (await store.transitions.tail(paymentId))?.state;
    if (found?.direction !== 'in') throw new Error(`${paymentId} is no payment`);
    return found;
  }

  /** Everything on the chain becomes final and is told, and all effects are done. */
  async function settleDown(): Promise<void> {
    await chain.finalize();
    await relay.drain();
    await look();
    await relay.drain();
  }

  const auditDeps = {
    ...{ ...shared, auditedBooks: createAuditedBooks(database), chainBooks: chain.chain.books },
    ...{ digest, projectedFields, manualAfterMs: 86_400_000, pause: async () => undefined },
  };
  // The tests' monitor looks only when it is told to, so waiting for it would change nothing.
  const impatient = { ...auditDeps, auditedBooks: { ...auditDeps.auditedBooks, toldUpTo: async () => null } };

  return {
    ...{ chain, store, database, network, tell, state, settleDown, look, logger, drain: relay.drain },
    audit: createAuditBooks(impatient),
    auditPayment: createAuditPayment(impatient),
    auditDeps: impatient,
    open: (changes: Partial<IntentFacts> = {}) => openPayment({ chain, store, tell, state, network }, changes),
    transitions: () => database.collection<Document & { _id: string }>('payment_transitions'),
    async close() {
      await testStore.close();
      await chain.close();
    },
  };
}

interface Opening {
  readonly chain: ChainWorld;
  readonly store: Awaited<ReturnType<typeof openTestStore>>['store'];
  readonly tell: (paymentId: string, signal: Signal) => Promise<unknown>;
  readonly state: (paymentId: string) => Promise<PaymentState>;
  readonly network: ChainWorld['chain']['networks'][number];
}

/** A request with two offers, and an intent for one of them whose vault waits for 100 tokens. */
async function openPayment({ chain, store, tell, state, network }: Opening, changes: Partial<IntentFacts>) {
  const [request, paymentId] = [buildRequest({ status: 'open' }), randomIds.payment()];
  const [offer, rival] = [buildOffer({ requestId: request.id }), buildOffer({ requestId: request.id })];
  await store.marketplace.insertRequest(request);
  for (const one of [offer, rival]) await store.marketplace.insertOffer(one);
  // Far enough away for a forward to be begun.
  const terms = chain.terms({ deliverBy: Math.floor(Date.now() / 1000) + 10 * 86_400 });
  const { shkeeperName: _, ...asset } = network.tokens[0] ?? missing();
  const { number: headBlock } = await chain.chain.reader.head(network.name);
  const expiresAtMs = Date.now() + 900_000;
  const facts = intent({
    ...{ rail: 'web3', requestId: request.id, offerId: offer.id, buyerId: request.buyerId, sellerId: offer.sellerId },
    ...{ asset, price: terms.amount, terms, ...chain.chain.gateway.identify(network.name, terms), headBlock },
    ...{ expiresAtMs, watchUntilMs: expiresAtMs + 86_400_000, provider: null, marketplaceId: 'main' },
    ...changes,
  });
  await tell(paymentId, { kind: 'intentOpened', intent: facts });
  return state(paymentId);
}

function missing(): never {
  throw new Error('the network has no token');
}
