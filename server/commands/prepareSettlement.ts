import { excessAt, excessTotal, heldTotal } from '../domain/facts.ts';
import type { OpenSettlement, PaymentState, State } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { ChainReader, EscrowGateway, SettlementPayload } from '../ports/outside.ts';
import type { Actor, Clock, PaymentCoordinator, Policy, TransitionStore } from '../ports.ts';
import { demandAdmin, userActor } from './rules/actor.ts';
import { readAmount } from './rules/amount.ts';
import { networkOf } from './rules/asset.ts';
import { unfinalSum } from './rules/finality.ts';
import type { OpenPayout } from './rules/payoutOrder.ts';
import { incoming, recordedPayment } from './rules/refusal.ts';
import { isOutcomeBooked, proofOfVoid } from './rules/settlementProof.ts';
import { isWished, type PayoutRoute, routeOf, type SettlementWish } from './rules/settlementRoute.ts';
import { readSignatures, type SignatureWords } from './rules/signatures.ts';

export interface PrepareSettlementDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly gateway: EscrowGateway;
  readonly chain: ChainReader;
  readonly openPayout: OpenPayout;
  readonly forwardToVault: (paymentId: string, options: { readonly again: boolean }) => Promise<State>;
  readonly clock: Clock;
  readonly policy: Policy;
}

export interface PrepareSettlementInput {
  readonly actor: Actor;
  readonly paymentId: string;
  readonly kind: 'release' | 'refund';
  readonly amount?: string | number | undefined;
  readonly toSeller?: string | number | undefined;
  readonly toBuyer?: string | number | undefined;
  readonly signatures?: readonly SignatureWords[] | undefined;
  readonly idempotencyClaim?: string | undefined;
}

/** `remains` is what the payment still holds beside what this step moves, in base units. */
export type PreparedSettlement =
  | {
      readonly kind: 'settlement';
      readonly typedData: SettlementPayload['typedData'];
      readonly digest: string;
      readonly threshold: number;
      readonly settleSeq: number;
      readonly validUntil: number;
      readonly toSeller: bigint;
      readonly toBuyer: bigint;
      readonly signers: readonly string[];
      readonly signedBy: readonly string[];
      readonly missing: number;
      readonly transaction: {
        readonly to: string;
        readonly data: string;
        readonly value: string;
        readonly chainId: number;
      } | null;
      readonly remains: bigint;
    }
  | {
      readonly kind: 'payout';
      readonly payoutId: string;
      readonly externalId: string;
      readonly status: string;
      readonly remains: bigint;
    };

const remainsOf = (state: PaymentState) => heldTotal(state) + excessTotal(state);

type Amounts = { readonly toSeller: bigint; readonly toBuyer: bigint };

function readWish(state: PaymentState, input: PrepareSettlementInput): SettlementWish {
  const read = (value: string | number | undefined, field: string) => {
    if (value === undefined) return null;
    // "0" is a plain word beside the other half of a split.
    return field !== 'amount' && String(value) === '0' ? 0n : readAmount(value, state.asset.decimals, field);
  };
  const wish = {
    kind: input.kind,
    amount: read(input.amount, 'amount'),
    toSeller: read(input.toSeller, 'toSeller'),
    toBuyer: read(input.toBuyer, 'toBuyer'),
  };
  if (wish.amount !== null && (wish.toSeller !== null || wish.toBuyer !== null)) {
    throw new AppError('validation_failed', 'Give either amount, or toSeller and toBuyer.');
  }
  return wish;
}

async function freeExpired(deps: PrepareSettlementDeps, state: PaymentState, actor: string): Promise<PaymentState> {
  const open = state.settlement;
  if (open === null || open.validUntil * 1000 >= deps.clock.now()) return state;
  const proof = await proofOfVoid(deps, state);
  if (proof === null) return state;
  const signal = { kind: 'settlementVoided', digest: open.digest, proof } as const;
  return recordedPayment(await deps.coordinator.observe(state.id, signal, { actor }));
}

async function prepare(
  deps: PrepareSettlementDeps,
  state: PaymentState,
  input: PrepareSettlementInput,
  { toSeller, toBuyer }: Amounts,
): Promise<PaymentState> {
  const { chain, gateway, policy } = deps;
  const { network } = state.asset;
  const [record, past, head] = await Promise.all([
    gateway.record(network, state.termsId),
    gateway.finalRecord(network, state.termsId),
    chain.head(network),
  ]);
  if (record.status === 'closed') throw new AppError('already_final', 'The escrow contract closed this payment.');
  // A node that lags names a sequence that is used up: a settlement for it could never happen, and would stand in the way of another.
  if (record.settleSeq < past.settleSeq || (await isOutcomeBooked(deps, state, record.settleSeq))) {
    throw new AppError('escrow_not_final', 'The node that was asked lags behind; repeat the request.');
  }
  const spare = excessAt(state, 'contract') - (state.status === 'completed' ? 0n : toBuyer);
  const final = (await unfinalSum(chain, state, head, 'contract')) <= spare;
  const validUntil = Math.floor(deps.clock.now() / 1000) + policy.settlementValidHours * 3600;
  const amounts = { settleSeq: record.settleSeq, toSeller, toBuyer, validUntil };
  const { digest } = gateway.settlementPayload(network, state.termsId, amounts);
  const settlement = toSeller > 0n && toBuyer > 0n ? 'split' : toSeller > 0n ? 'release' : 'refund';
  const signal = { kind: 'settlementPrepared', settlement, ...amounts, digest, final } as const;
  const claimed = input.idempotencyClaim === undefined ? {} : { idempotencyClaim: input.idempotencyClaim };
  const context = { actor: userActor(input.actor), ...claimed };
  return recordedPayment(await deps.coordinator.observe(state.id, signal, context));
}

async function sign(
  deps: PrepareSettlementDeps,
  state: PaymentState,
  open: OpenSettlement,
  input: PrepareSettlementInput,
): Promise<PaymentState> {
  let newest = state;
  for (const signature of readSignatures(deps.gateway, state.asset.network, open.digest, input.signatures ?? [])) {
    const signal = { kind: 'settlementSigned', digest: open.digest, ...signature } as const;
    newest = recordedPayment(await deps.coordinator.observe(state.id, signal, { actor: userActor(input.actor) }));
  }
  return newest;
}

function answer(gateway: EscrowGateway, state: PaymentState, open: OpenSettlement): PreparedSettlement {
  const { signers, threshold, name } = networkOf(gateway, state.asset.network);
  const { settleSeq, validUntil, toSeller, toBuyer, digest, signatures } = open;
  const amounts = { settleSeq, toSeller, toBuyer, validUntil };
  const { typedData } = gateway.settlementPayload(name, state.termsId, amounts);
  const missing = Math.max(0, threshold - signatures.length);
  return {
    kind: 'settlement',
    typedData,
    digest,
    threshold,
    ...amounts,
    signers,
    signedBy: signatures.map((entry) => entry.signer),
    missing,
    transaction: missing === 0 ? gateway.settlementTransaction(name, state.terms, amounts, signatures) : null,
    remains: remainsOf(state),
  };
}

async function signAndAnswer(
  deps: PrepareSettlementDeps,
  state: PaymentState,
  input: PrepareSettlementInput,
): Promise<PreparedSettlement> {
  const open = state.settlement;
  const signed = open === null ? state : await sign(deps, state, open, input);
  if (signed.settlement === null || signed.settlement.digest !== open?.digest) {
    throw new AppError('no_open_settlement', 'The prepared settlement has ended meanwhile.');
  }
  return answer(deps.gateway, signed, signed.settlement);
}

/** Prepares a release or refund: the payload admins sign, the signatures so far, and the ready transaction once they suffice. */
export function createPrepareSettlement(deps: PrepareSettlementDeps) {
  async function repay(state: PaymentState, input: PrepareSettlementInput, route: PayoutRoute) {
    const payout = await deps.openPayout({
      actor: input.actor,
      paymentId: state.id,
      from: route.from,
      amount: route.amount,
      destination: state.terms.refundTo,
      idempotencyClaim: input.idempotencyClaim,
    });
    return { kind: 'payout', ...payout, remains: remainsOf(state) - route.amount } as const;
  }

  return async function prepareSettlement(input: PrepareSettlementInput): Promise<PreparedSettlement> {
    demandAdmin(input.actor);
    const tail = incoming((await deps.store.tail(input.paymentId))?.state);
    const wish = readWish(tail, input);
    const state = await freeExpired(deps, tail, userActor(input.actor));
    if (state.settlement !== null) {
      if (isWished(wish, state.settlement)) return signAndAnswer(deps, state, input);
      throw new AppError('settlement_open', 'Another settlement of this payment is prepared and not over yet.', {
        details: { validUntil: new Date(state.settlement.validUntil * 1000).toISOString() },
      });
    }
    // A release of money whose forward died is the wish for another forward; until that has arrived the answer stays "forwarding".
    if (wish.kind === 'release' && state.forwardDead) await deps.forwardToVault(state.id, { again: true });
    const route = routeOf(state, wish);
    if (route.via === 'payout') return repay(state, input, route);
    return signAndAnswer(deps, await prepare(deps, state, input, route), input);
  };
}
