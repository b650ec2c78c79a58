import { excessTotal, heldTotal } from '../domain/facts.ts';
import type { OpenSettlement, PaymentState, State } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { ChainReader, EscrowGateway, ReadyTransaction, SafeFile, SettlementPayload } from '../ports/outside.ts';
import type { Actor, Clock, PaymentCoordinator, Policy, TransitionStore } from '../ports.ts';
import { demandAdmin, userActor } from './rules/actor.ts';
import { openedBefore } from './rules/openedPayout.ts';
import type { OpenPayout } from './rules/payoutOrder.ts';
import { demandNoHold, incoming, recordedPayment } from './rules/refusal.ts';
import { fileFor } from './rules/safeFile.ts';
import {
  freeExpired,
  planSettlement,
  readWish,
  settlementOpen,
  validUntilOf,
  validUntilText,
} from './rules/settlementPlan.ts';
import { isWished, type PayoutRoute, routeOf } from './rules/settlementRoute.ts';
import { demandNoSignatures, readSignatures, type SignatureWords } from './rules/signatures.ts';
import { usableSignatures } from './rules/usableSignatures.ts';

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
  /** Wants the transaction also as a file for Safe's Transaction Builder. */
  readonly safe?: boolean | undefined;
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
      /** Signers whose stored signature does not count any more. */
      readonly dropped: readonly string[];
      /** Why the transaction would fail if it were sent now; null when it would not, or could not be tried. */
      readonly reverts: string | null;
      readonly transaction: ReadyTransaction | null;
      /** Only when it was asked for; null until there is a transaction. */
      readonly safe?: SafeFile | null;
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

/** Records what was planned; the state with the open settlement. */
async function prepare(
  deps: PrepareSettlementDeps,
  state: PaymentState,
  input: PrepareSettlementInput,
  { toSeller, toBuyer }: { readonly toSeller: bigint; readonly toBuyer: bigint },
): Promise<PaymentState> {
  const signal = await planSettlement(deps, state, { toSeller, toBuyer, validUntil: validUntilOf(deps) });
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
  const given = await readSignatures(deps.gateway, state.asset.network, open.digest, input.signatures ?? []);
  for (const signature of given) {
    const signal = { kind: 'settlementSigned', digest: open.digest, ...signature } as const;
    newest = recordedPayment(await deps.coordinator.observe(state.id, signal, { actor: userActor(input.actor) }));
  }
  return newest;
}

async function answer(
  deps: PrepareSettlementDeps,
  state: PaymentState,
  open: OpenSettlement,
  wantsFile: boolean,
): Promise<PreparedSettlement> {
  const { gateway } = deps;
  const network = await gateway.networkNow(state.asset.network);
  const { signers, threshold, name } = network;
  const { settleSeq, validUntil, toSeller, toBuyer, digest, signatures } = open;
  const amounts = { settleSeq, toSeller, toBuyer, validUntil };
  const { typedData } = gateway.settlementPayload(name, state.termsId, amounts);
  const build = (kept: typeof signatures) => gateway.settlementTransaction(name, state.terms, amounts, kept);
  const usable = await usableSignatures(gateway, network, signatures, { digest, build, trial: (ready) => ready });
  const { signedBy, missing, dropped, ready, reverts } = usable;
  const file = () =>
    fileFor(deps, network, {
      name: `Holdfast ${open.kind} ${state.id}`,
      description: `seq ${settleSeq}, valid until ${validUntilText(open)}`,
      ready,
      unsigned: () => build([]),
    });
  return {
    kind: 'settlement',
    ...{ typedData, digest, threshold, ...amounts, signers, signedBy, missing, dropped, transaction: ready, reverts },
    ...(wantsFile ? { safe: file() } : {}),
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
  return answer(deps, signed, signed.settlement, input.safe ?? false);
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
    // The first answer of a key stands although the money it paid out is not there any more.
    const before = await openedBefore(deps.store, tail, input.idempotencyClaim, ({ amount }) =>
      isWished(wish, { toSeller: 0n, toBuyer: amount }),
    );
    if (before !== null) return { kind: 'payout', ...before, remains: remainsOf(tail) };
    const state = await freeExpired(deps, tail, userActor(input.actor));
    if (state.settlement !== null) {
      if (!isWished(wish, state.settlement)) throw settlementOpen(state.settlement);
      demandNoHold(state);
      return signAndAnswer(deps, state, input);
    }
    demandNoSignatures(input.signatures);
    // A release of money whose forward died is the wish for another forward; until that has arrived the answer stays "forwarding".
    if (wish.kind === 'release' && state.forwardDead) await deps.forwardToVault(state.id, { again: true });
    const route = routeOf(state, wish);
    if (route.via === 'payout') return repay(state, input, route);
    return signAndAnswer(deps, await prepare(deps, state, input, route), input);
  };
}
