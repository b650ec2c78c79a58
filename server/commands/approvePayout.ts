import { AppError } from '../errors.ts';
import type { PayoutApproval, PayoutApprovals } from '../ports/payouts.ts';
import type { Actor, Clock, TransitionStore } from '../ports.ts';
import { demandAdmin, isServer } from './rules/actor.ts';
import { isProposed, type PayoutWords } from './rules/payoutProposal.ts';
import { incoming } from './rules/refusal.ts';

export interface ApprovePayoutDeps {
  readonly store: Pick<TransitionStore, 'tail'>;
  readonly payoutApprovals: Pick<PayoutApprovals, 'keep'>;
  readonly clock: Clock;
}

/** The words that the approver reads, and the hash that his proposer was told. */
export interface ApprovePayoutInput extends PayoutWords {
  readonly actor: Actor;
  readonly approvalHash: string;
}

/** Long enough for two people who talk to each other, too short to be kept for later. */
const validMs = 3_600_000;

/** A second admin's yes to one payout above the limits; the proposer's own order opens it. */
export function createApprovePayout({ store, payoutApprovals, clock }: ApprovePayoutDeps) {
  return async function approvePayout({ actor, approvalHash, ...words }: ApprovePayoutInput): Promise<PayoutApproval> {
    demandAdmin(actor);
    if (isServer(actor)) throw new AppError('forbidden', 'A key approves nothing; a person has to.');
    if (actor.userId === words.proposerId)
      throw new AppError('payout_approval_own', 'Nobody approves a payout of his own; ask another admin.');
    const payment = incoming((await store.tail(words.paymentId))?.state);
    if (!isProposed(payment, words, approvalHash)) {
      throw new AppError(
        'payout_approval_mismatch',
        'These words are not what the hash stands for, or another payout of the payment came between; have the proposer order again, and compare what he is answered.',
      );
    }
    const now = clock.now();
    const approval = { hash: approvalHash, approvedBy: actor.userId, approvedAtMs: now, expiresAtMs: now + validMs };
    return payoutApprovals.keep(approval, now);
  };
}
