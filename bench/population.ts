import { randomBytes, randomUUID } from 'node:crypto';
import type { Db, Document } from 'mongodb';
import { createPaymentCoordinator } from '../server/commands/paymentCoordinator.ts';
import { externalIdOf } from '../server/domain/externalId.ts';
import { blankInvoice } from '../server/domain/invoice.ts';
import { decide } from '../server/domain/payment.ts';
import type { IntentFacts, Signal } from '../server/domain/signal.ts';
import { buildTerms } from '../server/domain/terms.ts';
import type { Transition } from '../server/domain/transition.ts';
import type { Logger, TransitionStore } from '../server/ports.ts';
import { digest } from '../server/store/codec.ts';
import { projectionOf } from '../server/store/projection.ts';
import { toDocument } from '../server/store/transitionDocument.ts';
import { transitionCollection } from '../server/store/transitionSchema.ts';
import { headBlock, network } from './outside.ts';

/** A payment as the bench knows it. */
export interface Prepared {
  readonly paymentId: string;
  readonly externalId: string;
  readonly address: string;
  readonly buyerId: string;
}

/** What payments are made of. */
export interface Population {
  readonly count: number;
  /** 2 is a payment with its address, 3 one that the provider reported, 4 one that the chain completed. */
  readonly transitions: 2 | 3 | 4;
  /** How many payments a buyer has at most; a list shows 50. */
  readonly perBuyer?: number;
}

const dayMs = 86_400_000;
const intentTtlMs = 15 * 60_000;
const priceBase = 100n * 10n ** 18n;
/** Small enough that a generator which goes on meanwhile is not held up for long. */
const batchSize = 100;
const hex = (bytes: number) => randomBytes(bytes).toString('hex');

const [token] = network.tokens;
if (token === undefined) throw new Error('the network of the bench has no token');
const { shkeeperName: coin, ...asset } = token;

function intentFacts(paymentId: string, buyerId: string, nowMs: number): IntentFacts {
  const expiresAtMs = nowMs + intentTtlMs;
  const terms = buildTerms({
    tokenAddress: asset.tokenAddress,
    price: priceBase,
    expiresAtMs,
    buyerWallet: null,
    payoutAddress: `0x${hex(20)}`,
    refundTo: `0x${hex(20)}`,
    treasury: network.treasury,
    refundWallet: network.refundWallet,
    deliverDays: 14,
    inspectionDays: 3,
    feeBps: 100,
    disputeSellerBps: 5_000,
    ref: `0x${hex(32)}`,
  });
  return {
    ...terms,
    rail: 'shkeeper',
    marketplaceId: 'main',
    requestId: hex(12),
    offerId: hex(12),
    buyerId,
    sellerId: `seller-${hex(2)}`,
    asset,
    price: priceBase,
    termsId: `0x${hex(32)}`,
    vault: `0x${hex(20)}`,
    expiresAtMs,
    watchUntilMs: expiresAtMs + 7 * dayMs,
    headBlock,
    provider: blankInvoice({
      externalId: externalIdOf(paymentId),
      coin,
      amount: '100',
      callbackUrl: 'http://127.0.0.1/api/payment/shkeeper/webhook',
      hotWallet: network.shkeeperHotWallet,
    }),
    claimNumber: 0,
    metadata: null,
  };
}

/** The course of an ordinary payment, as far as it is wanted. */
function courseOf(payment: Prepared, vaultless: IntentFacts, nowMs: number): Signal[] {
  const txHash = `0x${hex(32)}`;
  return [
    { kind: 'intentOpened', intent: vaultless },
    { kind: 'addressGiven', address: payment.address, providerAmount: '100', exchangeRate: '1' },
    {
      kind: 'providerReported',
      report: {
        externalId: payment.externalId,
        shape: 'confirmed',
        reportedStatus: 'PAID',
        coin,
        address: payment.address,
        paid: true,
        balanceFiat: '100',
        balanceCrypto: '100',
        transactions: [{ txHash, coin, amount: '100', confirmed: true }],
        unreadable: [],
        deliveryKey: hex(32),
      },
    },
    {
      kind: 'transferConfirmed',
      transfer: {
        chainId: asset.chainId,
        txHash,
        receiver: payment.address,
        tokenAddress: asset.tokenAddress,
        asset: `${asset.network}:${asset.token}`,
        amount: priceBase,
        blockNumber: headBlock + 1,
        blockHash: `0x${hex(32)}`,
        blockTimeMs: nowMs,
        senders: [`0x${hex(20)}`],
      },
    },
  ];
}

const silent = () => {};
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent };

/** A log in memory, so that the real coordinator builds every transition and the database takes them in batches. */
function memoryLog() {
  const log = new Map<string, Transition[]>();
  const of = (paymentId: string) => log.get(paymentId) ?? [];
  const store: TransitionStore = {
    async append(batch) {
      for (const transition of batch) log.set(transition.paymentId, [...of(transition.paymentId), transition]);
      return batch.map(() => ({ outcome: 'appended' }));
    },
    tail: async (paymentId) => of(paymentId).at(-1) ?? null,
    at: async (paymentId, seq) => of(paymentId)[seq - 1] ?? null,
    after: async () => [],
    claimant: async () => null,
    highestClaim: async () => null,
    claimsUnder: async () => [],
    project: async () => {},
  };
  return { store, all: () => [...log.values()] };
}

const paymentsPerBuyer = 40;

/** Gives so many payments to a buyer, then goes on to another. */
function createBuyers(perBuyer: number): () => string {
  let buyerId = '';
  let given = 0;
  return () => {
    if (given % perBuyer === 0) buyerId = `buyer-${hex(6)}`;
    given += 1;
    return buyerId;
  };
}

/** Payments with their histories, built by the real coordinator and stored nowhere yet. */
export async function buildPayments(
  { count, transitions, perBuyer = paymentsPerBuyer }: Population,
  nextBuyer = createBuyers(perBuyer),
) {
  let nowMs = Date.now();
  const { store, all } = memoryLog();
  const clock = { now: () => nowMs };
  const ids = { attempt: () => randomUUID() };
  const wiring = { transitions: store, decide, digest, clock, ids, logger, crash: silent, wakeRelay: silent };
  const coordinator = createPaymentCoordinator(wiring);
  const payments: Prepared[] = [];
  for (let n = 0; n < count; n += 1) {
    const buyerId = nextBuyer();
    // nobody opens a hundred payments in one moment, and lists are sorted by it
    nowMs += 1;
    const paymentId = hex(12);
    const payment = { paymentId, externalId: externalIdOf(paymentId), address: `0x${hex(20)}`, buyerId };
    for (const signal of courseOf(payment, intentFacts(paymentId, buyerId, nowMs), nowMs).slice(0, transitions)) {
      const { outcome } = await coordinator.observe(paymentId, signal, { actor: 'bench' });
      if (outcome !== 'changed') throw new Error(`the bench could not prepare a payment: ${signal.kind} ${outcome}`);
    }
    payments.push(payment);
  }
  return { payments, logs: all() };
}

function rowOf(log: readonly Transition[]): (Document & { _id: string }) | null {
  const newest = log.at(-1);
  if (newest === undefined) return null;
  const { state } = newest;
  const externalIds = state.direction === 'in' && state.provider ? [state.provider.externalId] : [];
  return { _id: newest.paymentId, ...projectionOf(newest), externalIds };
}

/** Writes payments with their whole histories straight into the collections; everything about them is done, as the relay would leave it. */
export async function populate(database: Db, wanted: Population): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  // servers read what a majority has
  const unordered = { ordered: false, writeConcern: { w: 'majority' } } as const;
  const nextBuyer = createBuyers(wanted.perBuyer ?? paymentsPerBuyer);
  while (prepared.length < wanted.count) {
    const count = Math.min(batchSize, wanted.count - prepared.length);
    const { payments, logs } = await buildPayments({ ...wanted, count }, nextBuyer);
    const done = { done: true, lease: 0, fence: 1, parked: [] };
    const documents = logs.flat().map((transition) => ({ ...toDocument(transition), relay: done }));
    const rows = logs.map(rowOf).filter((row) => row !== null);
    await database.collection<Document & { _id: string }>(transitionCollection).insertMany(documents, unordered);
    await database.collection<Document & { _id: string }>('payments').insertMany(rows, unordered);
    prepared.push(...payments);
  }
  return prepared;
}
