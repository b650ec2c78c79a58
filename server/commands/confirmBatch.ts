import type { PaymentState } from '../domain/state.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor, TransitionStore } from '../ports.ts';
import { demandAdmin } from './rules/actor.ts';
import { demandBatch, eachOf, type ItemProblem, itemProblemOf } from './rules/batch.ts';
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

/** Refusals that hold for the transaction and so for every payment of it. */
const ofTheTransaction: ReadonlySet<ErrorCode> = new Set([
  'validation_failed',
  'transaction_not_mined',
  'transaction_reverted',
  'transaction_foreign_contract',
]);

/** Records the batch somebody broadcast, payment by payment, each by the contract's own event in that transaction. */
export function createConfirmBatch({ store, gateway, confirmSettlement }: ConfirmBatchDeps) {
  async function confirmOne(input: ConfirmBatchInput, paymentId: string): Promise<ConfirmedItem> {
    const { actor, txHash } = input;
    try {
      const confirmed = await confirmSettlement({ actor, paymentId, kind: 'release', txHash });
      return { outcome: 'settled', paymentId, ...confirmed };
    } catch (error) {
      if (error instanceof AppError && ofTheTransaction.has(error.code)) throw error;
      return { outcome: 'refused', ...itemProblemOf(paymentId, error) };
    }
  }

  /** The contract names the items that it left: such a payment is as it was, and its settlement may be signed again. */
  async function withReasons(items: readonly ConfirmedItem[], txHash: string): Promise<ConfirmedItem[]> {
    return eachOf(items, async (item) => {
      if (item.outcome !== 'refused' || item.code !== 'transaction_other_payment') return item;
      const state = incoming((await store.tail(item.paymentId))?.state);
      const failed = await gateway.failedItems(state.asset.network, txHash);
      const own = failed.find(({ termsId }) => termsId === state.termsId);
      return own ? { outcome: 'failed', paymentId: item.paymentId, state, reason: own.reason } : item;
    });
  }

  return async function confirmBatch(input: ConfirmBatchInput): Promise<ConfirmedItem[]> {
    demandAdmin(input.actor);
    demandBatch(input.paymentIds, 'paymentIds');
    const items = await eachOf(input.paymentIds, (paymentId) => confirmOne(input, paymentId));
    return withReasons(items, input.txHash);
  };
}
