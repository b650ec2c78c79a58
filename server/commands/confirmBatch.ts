import type { PaymentState } from '../domain/state.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { EscrowGateway, FailedItem, OutcomeOf } from '../ports/outside.ts';
import type { Actor, TransitionStore } from '../ports.ts';
import { demandAdmin } from './rules/actor.ts';
import { asProblem, demandBatch, eachOf, type ItemProblem, isPassing } from './rules/batch.ts';
import type { ConfirmedSettlement, ConfirmSettlement } from './rules/confirmed.ts';
import { incoming } from './rules/refusal.ts';

export interface ConfirmBatchDeps {
  readonly store: Pick<TransitionStore, 'tail'>;
  readonly gateway: Pick<EscrowGateway, 'failedItems'>;
  readonly confirmSettlement: ConfirmSettlement;
}

export interface ConfirmBatchInput {
  readonly actor: Actor;
  readonly paymentIds: readonly string[];
  readonly txHash: string;
}

/** What the contract did with one payment of the batch: settled it, left it for a reason of its own, or nothing that its event would show. */
export type ConfirmedItem =
  | ({ readonly outcome: 'settled'; readonly paymentId: string } & ConfirmedSettlement)
  | {
      readonly outcome: 'failed';
      readonly paymentId: string;
      readonly state: PaymentState;
      readonly reason: string | null;
    }
  | ({ readonly outcome: 'refused' } & ItemProblem);

/** Refusals that hold for the transaction and so for every payment of it on the same network. */
const ofTheTransaction: ReadonlySet<ErrorCode> = new Set([
  'validation_failed',
  'transaction_not_mined',
  'transaction_reverted',
  'transaction_foreign_contract',
]);

interface Attempt {
  readonly item: ConfirmedItem;
  /** What the whole call is refused by when it settled no payment at all. */
  readonly error: AppError | null;
}

function refusedAttempt(paymentId: string, error: unknown): Attempt {
  if (!(error instanceof AppError)) throw error;
  const whole = ofTheTransaction.has(error.code) || isPassing(error);
  return { item: { outcome: 'refused', ...asProblem(paymentId, error) }, error: whole ? error : null };
}

/** Records the batch somebody broadcast, payment by payment, each by the contract's own event in that transaction. */
export function createConfirmBatch({ store, gateway, confirmSettlement }: ConfirmBatchDeps) {
  async function confirmOne(
    { actor, txHash }: ConfirmBatchInput,
    paymentId: string,
    shared: Map<string, Promise<OutcomeOf>>,
  ): Promise<Attempt> {
    try {
      const confirmed = await confirmSettlement({ actor, paymentId, kind: 'release', txHash, shared });
      return { item: { outcome: 'settled', paymentId, ...confirmed }, error: null };
    } catch (error) {
      return refusedAttempt(paymentId, error);
    }
  }

  /** What the contract left in this transaction, read once for each network. */
  function leftItems(txHash: string) {
    const read = new Map<string, Promise<FailedItem[]>>();
    return (network: string): Promise<FailedItem[]> => {
      const left = read.get(network) ?? gateway.failedItems(network, txHash);
      read.set(network, left);
      return left;
    };
  }

  /** The contract names the items that it left: such a payment is as it was, and its settlement may be signed again. */
  async function withReason(item: ConfirmedItem, failedOn: ReturnType<typeof leftItems>): Promise<Attempt> {
    if (item.outcome !== 'refused' || item.code !== 'transaction_other_payment') return { item, error: null };
    const state = incoming((await store.tail(item.paymentId))?.state);
    try {
      const own = (await failedOn(state.asset.network)).find(({ termsId }) => termsId === state.termsId);
      if (own === undefined) return { item, error: null };
      return { item: { outcome: 'failed', paymentId: item.paymentId, state, reason: own.reason }, error: null };
    } catch (error) {
      // The refusal without a reason is still true.
      return { ...refusedAttempt(item.paymentId, error), item };
    }
  }

  /** What is booked is said, whatever became of the others: a refusal of the whole would hide it. */
  function itemsOf(attempts: readonly Attempt[]): ConfirmedItem[] {
    const items = attempts.map(({ item }) => item);
    const error = attempts.find((attempt) => attempt.error !== null)?.error ?? null;
    if (error !== null && !items.some(({ outcome }) => outcome === 'settled')) throw error;
    return items;
  }

  return async function confirmBatch(input: ConfirmBatchInput): Promise<ConfirmedItem[]> {
    demandAdmin(input.actor);
    demandBatch(input.paymentIds, 'paymentIds');
    const shared = new Map<string, Promise<OutcomeOf>>();
    const items = itemsOf(await eachOf(input.paymentIds, (paymentId) => confirmOne(input, paymentId, shared)));
    const failedOn = leftItems(input.txHash);
    return itemsOf(await eachOf(items, (item) => withReason(item, failedOn)));
  };
}
