import type { ChainHead } from '../domain/evidence.ts';
import { decide } from '../domain/payment.ts';
import type { SignalOf } from '../domain/signal.ts';
import type { OpenSettlement, PaymentState, SettlementSignature } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type {
  BatchTransactions,
  ChainReader,
  EscrowGateway,
  Network,
  SafeFile,
  SettlementPayload,
} from '../ports/outside.ts';
import type { Actor, TransitionStore } from '../ports.ts';
import { demandAdmin, userActor } from './rules/actor.ts';
import { networkOf } from './rules/asset.ts';
import { allOf, demandBatch, refusedLate } from './rules/batch.ts';
import { demandBatchable, demandFit } from './rules/batchFit.ts';
import { errorOf, incoming, recordedPayment } from './rules/refusal.ts';
import { fileFor } from './rules/safeFile.ts';
import {
  freeExpired,
  planSettlement,
  readWish,
  type SettlementPlanPorts,
  validUntilOf,
} from './rules/settlementPlan.ts';
import { routeOf } from './rules/settlementRoute.ts';
import { demandNoSignatures, readSignatures, type SignatureWords } from './rules/signatures.ts';
import { usableSignatures } from './rules/usableSignatures.ts';

export interface PrepareBatchDeps extends SettlementPlanPorts {
  readonly store: TransitionStore;
  readonly gateway: EscrowGateway;
}

export interface PrepareBatchInput {
  readonly actor: Actor;
  /** Each payment once; without an amount all that is left of its price. */
  readonly items: readonly { readonly paymentId: string; readonly amount?: string | number | undefined }[];
  /** Over the batch; they are not kept, so all have to come in one call. */
  readonly signatures?: readonly SignatureWords[] | undefined;
  /** Wants this call also as a file for Safe's Transaction Builder. */
  readonly safe?: keyof BatchTransactions | undefined;
}

export interface PreparedBatch {
  readonly typedData: SettlementPayload['typedData'];
  readonly digest: string;
  readonly network: string;
  readonly threshold: number;
  /** When the first item ends, in unix seconds; the whole is worthless to `settleBatch` from then on. */
  readonly validUntil: number;
  readonly items: readonly { readonly state: PaymentState; readonly settlement: OpenSettlement }[];
  readonly signers: readonly string[];
  readonly signedBy: readonly string[];
  readonly missing: number;
  /** Signers whose signature does not count, although it was good a moment ago. */
  readonly dropped: readonly string[];
  readonly transactions: BatchTransactions | null;
  /** Why `settleBatch` would fail if it were sent now; null when it would not, or could not be tried. */
  readonly reverts: string | null;
  readonly safe?: SafeFile | null;
}

/** A payment that takes part, and what still has to be recorded of it. */
interface Plan {
  readonly paymentId: string;
  readonly state: PaymentState;
  readonly signal: SignalOf<'settlementPrepared'> | null;
}

async function planOf(
  deps: PrepareBatchDeps,
  input: PrepareBatchInput,
  { paymentId, amount }: PrepareBatchInput['items'][number],
): Promise<Plan> {
  const actor = userActor(input.actor);
  const tail = await deps.store.tail(paymentId);
  const found = incoming(tail?.state);
  const wish = readWish(found, { kind: 'release', amount });
  const state = await freeExpired(deps, found, actor);
  demandBatchable(state);
  if (state.settlement !== null) {
    await demandFit(deps, state, state.settlement, wish);
    return { paymentId, state, signal: null };
  }
  demandNoSignatures(input.signatures);
  const route = routeOf(state, wish);
  if (route.via === 'payout') throw new AppError('not_funded', 'The escrow contract does not hold this money.');
  const { toSeller, toBuyer } = route;
  const signal = await planSettlement(deps, state, { toSeller, toBuyer, validUntil: validUntilOf(deps) });
  // Asked beforehand, so that what can be known is known before anything of the others is recorded.
  const context = {
    paymentId,
    seq: (tail?.seq ?? 0) + 1,
    nowMs: deps.clock.now(),
    lostClaims: new Set<string>(),
    actor,
  };
  const decision = decide(state, signal, context);
  if (decision.outcome === 'refused') throw errorOf(decision.code, decision.detail);
  return { paymentId, state, signal };
}

async function record(
  deps: PrepareBatchDeps,
  actor: Actor,
  { state, signal }: Plan,
): Promise<PreparedBatch['items'][number]> {
  const context = { actor: userActor(actor) };
  const newest = signal === null ? state : recordedPayment(await deps.coordinator.observe(state.id, signal, context));
  if (newest.settlement === null) {
    throw new AppError('no_open_settlement', 'The prepared settlement has ended meanwhile.');
  }
  return { state: newest, settlement: newest.settlement };
}

function oneNetwork(gateway: EscrowGateway, plans: readonly Plan[]): Network {
  const [name = '', ...others] = new Set(plans.map(({ state }) => state.asset.network));
  if (others.length > 0) {
    const networks = [name, ...others].join(', ');
    throw new AppError('validation_failed', `The payments of a batch must be on one network, not on ${networks}.`, {
      details: { field: 'items' },
    });
  }
  return networkOf(gateway, name);
}

async function answer(
  deps: PrepareBatchDeps,
  { name }: Network,
  items: PreparedBatch['items'],
  input: PrepareBatchInput,
): Promise<PreparedBatch> {
  const { gateway } = deps;
  const batch = items.map(({ state: { termsId, terms }, settlement }) => ({ termsId, terms, settlement }));
  const { typedData, digest } = gateway.batchPayload(name, batch);
  const given = await readSignatures(gateway, name, digest, input.signatures ?? []);
  const network = await gateway.networkNow(name);
  const { threshold, signers } = network;
  const build = (kept: readonly SettlementSignature[]) => gateway.batchTransactions(name, batch, kept);
  const trial = ({ settleBatch }: BatchTransactions) => settleBatch;
  const usable = await usableSignatures(gateway, network, given, { digest, build, trial });
  const { signedBy, missing, dropped, ready, reverts } = usable;
  const file = (call: keyof BatchTransactions) =>
    fileFor(deps, network, {
      name: 'Holdfast release batch',
      description: `${call} of ${items.length} payments`,
      ready: ready?.[call] ?? null,
      unsigned: () => build([])[call],
    });
  return {
    ...{
      typedData,
      digest,
      network: name,
      threshold,
      items,
      signers,
      signedBy,
      missing,
      dropped,
      transactions: ready,
      reverts,
    },
    validUntil: Math.min(...items.map(({ settlement }) => settlement.validUntil)),
    ...(input.safe ? { safe: file(input.safe) } : {}),
  };
}

/** Reads each head once, for all payments that are planned together. */
function withOneHead(chain: ChainReader): ChainReader {
  const heads = new Map<string, Promise<ChainHead>>();
  const head = (network: string): Promise<ChainHead> => {
    const read = heads.get(network) ?? chain.head(network);
    heads.set(network, read);
    return read;
  };
  return { ...chain, head };
}

/**
 * Prepares the releases of several payments that one set of signatures covers, and gives the transactions once there are enough. What
 * is stored is each payment's own prepared settlement; the batch is made of those anew each time, in the order of the payments' ids.
 */
export function createPrepareBatch(deps: PrepareBatchDeps) {
  return async function prepareBatch(input: PrepareBatchInput): Promise<PreparedBatch> {
    demandAdmin(input.actor);
    demandBatch(
      input.items.map(({ paymentId }) => paymentId),
      'items',
    );
    const items = input.items.toSorted((a, b) => (a.paymentId < b.paymentId ? -1 : 1));
    const planning = { ...deps, chain: withOneHead(deps.chain) };
    const plans = await allOf(items, (item) => planOf(planning, input, item));
    const network = oneNetwork(deps.gateway, plans);
    const recorded = await allOf(plans, (plan) => record(deps, input.actor, plan), refusedLate);
    return answer(deps, network, recorded, input);
  };
}
