import { claim } from '../../domain/claim.ts';
import { formatAmount } from '../../domain/money.ts';
import type { SignalContext, SignalOf } from '../../domain/signal.ts';
import type { PaymentState } from '../../domain/state.ts';
import { AppError, type ErrorCode } from '../../errors.ts';
import type { PayoutApproval, PayoutApprovals } from '../../ports/payouts.ts';
import type { Actor, PaymentCoordinator, TransitionStore } from '../../ports.ts';
import { isServer } from './actor.ts';
import { proposalOf } from './payoutProposal.ts';
import { createPayoutTurns, type OverLimit, type PayoutTurnPorts } from './payoutTurn.ts';
import { approvalUsed } from './refusal.ts';

export interface LimitedPayoutDeps extends PayoutTurnPorts {
  readonly store: Pick<TransitionStore, 'highestClaim' | 'at' | 'claimant'>;
  readonly coordinator: PaymentCoordinator;
  readonly payoutApprovals: Pick<PayoutApprovals, 'find'>;
}

type Ordered = SignalOf<'payoutRequested'>;
type Proposal = ReturnType<typeof proposalOf>;

/** Orders of one asset that may overtake this one before its caller has to repeat; each that overtakes was recorded. */
const maxTurns = 5;
const approve =
  'have another admin approve it by POST /api/payment/v1/payout-approvals, with the words of `payout` and the `approvalHash` of this answer, and order it again unchanged within the hour';

/** Observes payouts to addresses that somebody names: under the limits, or above them with the approval of a second admin. */
export function createLimitedPayouts(deps: LimitedPayoutDeps) {
  const takeTurn = createPayoutTurns(deps);

  function refuse({ most, when }: OverLimit, { asset }: PaymentState, by: { actor: Actor; proposal: Proposal }): never {
    const { token, network, decimals } = asset;
    const limit = { most: formatAmount(most, decimals), token, network };
    const words = `No more than ${limit.most} ${token} on ${network} ${when} goes to an address that is not in the terms of its payment`;
    if (most === 0n) throw new AppError('payout_over_limit', `${words}: the settings close it.`, { details: limit });
    if (!isServer(by.actor))
      throw new AppError('payout_over_limit', `${words}: ${approve}.`, { details: { ...limit, ...by.proposal } });
    const instead = 'a key uses no approval, so an admin has to order it, and another one to approve it';
    throw new AppError('payout_over_limit', `${words}: ${instead}.`, { details: limit });
  }

  /** The approval by somebody else of exactly this order; without one the order is refused. */
  async function demandApproval(over: OverLimit, payment: PaymentState, by: { actor: Actor; proposal: Proposal }) {
    const mayUse = over.most > 0n && !isServer(by.actor);
    const approval = mayUse ? await deps.payoutApprovals.find(by.proposal.approvalHash) : null;
    if (approval === null) return refuse(over, payment, by);
    const refused = (code: ErrorCode, why: string) =>
      new AppError(code, `${why}: ${approve}.`, { details: by.proposal });
    if (approval.approvedBy === by.actor.userId) throw refused('payout_approval_own', 'Nobody approves his own payout');
    if (approval.expiresAtMs <= deps.clock.now())
      throw refused('payout_approval_expired', 'The approval of this payout has ended');
    return approval;
  }

  const evidenceOf = ({ hash, approvedBy, approvedAtMs }: PayoutApproval) => ({
    approval: { hash, approvedBy, approvedAtMs },
  });

  return {
    /** Observes the order, with a new turn whenever another payout of the asset was quicker. */
    async observe(payment: PaymentState, order: Ordered, by: { actor: Actor; context: SignalContext }) {
      const proposal = proposalOf(payment, order, by.actor);
      for (let tries = 1; ; tries += 1) {
        const { turn, evidence, over } = await takeTurn(payment.asset, order.amount);
        const approval = over === null ? null : await demandApproval(over, payment, { actor: by.actor, proposal });
        const approved = approval === null ? {} : { approval: approval.hash };
        const kept = { ...evidence, ...(approval === null ? {} : evidenceOf(approval)) };
        const signal = { ...order, turn, ...approved };
        const observation = await deps.coordinator.observe(payment.id, signal, { ...by.context, evidence: kept });
        if (observation.outcome !== 'wait' || tries === maxTurns) return observation;
      }
    },
    /** Why an approved order was too late: its approval has opened a payout, or another payout of the payment came between. */
    async overtaken(payment: PaymentState, order: Ordered, actor: Actor): Promise<AppError> {
      const { approvalHash } = proposalOf(payment, order, actor);
      if ((await deps.store.claimant(claim.approval(approvalHash))) !== null) return approvalUsed();
      return new AppError(
        'payout_approval_mismatch',
        'Another payout of this payment came between; order again, and have the hash of that answer approved.',
      );
    },
  };
}
