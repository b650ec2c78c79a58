import { claim } from '../domain/claim.ts';
import type { PaymentState, State } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { Actor, Logger, PaymentCoordinator, TransitionStore } from '../ports.ts';
import { partyPayment, userActor } from './rules/actor.ts';
import { incoming, recordedPayment } from './rules/refusal.ts';

export interface ConfirmTransferDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly verifyPayment: (
    paymentId: string,
    look: { readonly askProvider: boolean; readonly hint?: boolean },
  ) => Promise<State>;
  readonly logger: Logger;
}

export interface ConfirmTransferInput {
  readonly actor: Actor;
  readonly paymentId: string;
  readonly transactionHash: string;
  readonly ifSeq?: readonly number[] | undefined;
}

const transactionHashForm = /^0x[0-9a-f]{64}$/;

type Reads = Pick<ConfirmTransferDeps, 'store' | 'logger'>;

/** A transaction that is another payment's money and none of this one's: whoever offers it is mistaken or tries something. */
async function reportForeign({ store, logger }: Reads, state: PaymentState, hint: string, by: string): Promise<void> {
  const isOwn = state.arrivals.some(({ txHash }) => txHash === hint) || state.seen.some((key) => key.includes(hint));
  if (isOwn) return;
  const [held] = await store.claimsUnder(claim.transfersIn(state.asset.chainId, hint));
  if (held === undefined || held.paymentId === state.id) return;
  const fields = { claim: held.claim, paymentId: state.id, holder: held.paymentId, actor: by };
  logger.warn({ category: 'security', ...fields }, 'one fact was offered for two payments');
}

/** Takes a client's word that a transaction pays; the word is a hint only, so the chain is asked at once. */
export function createConfirmTransfer(deps: ConfirmTransferDeps) {
  return async function confirmTransfer(input: ConfirmTransferInput): Promise<PaymentState> {
    const hint = input.transactionHash.trim().toLowerCase();
    if (!transactionHashForm.test(hint)) {
      throw new AppError('validation_failed', 'transactionHash must be 0x and 64 hex digits.', {
        details: { field: 'transactionHash' },
      });
    }
    partyPayment((await deps.store.tail(input.paymentId))?.state, input.actor);
    const signal = { kind: 'hintGiven', hint } as const;
    const context = { actor: userActor(input.actor), ifSeq: input.ifSeq };
    const observation = await deps.coordinator.observe(input.paymentId, signal, context);
    const hinted = recordedPayment(observation);
    // the call that stored the hint reports for all that repeat it
    const isFirst = observation.outcome === 'changed';
    try {
      const looked = await deps.verifyPayment(input.paymentId, { askProvider: true, hint: !isFirst });
      const verified = incoming(looked);
      if (isFirst) await reportForeign(deps, verified, hint, userActor(input.actor));
      return verified;
    } catch (error) {
      // The hint is stored and its due row looks again, so an unreachable node is no reason to refuse it.
      deps.logger.warn({ paymentId: input.paymentId, error }, 'a hint waits for the chain');
      return hinted;
    }
  };
}
