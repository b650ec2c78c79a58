import { isEnded } from '../domain/payoutMachine.ts';
import type { PaymentCoordinator } from '../ports.ts';
import { createPayoutCourse, type NextLook } from './rules/payoutCourse.ts';
import { createPayoutDeadWatch } from './rules/payoutDeadWatch.ts';
import { createPayoutFollow, type PayoutFollowPorts } from './rules/payoutFollow.ts';
import { payoutPolicy } from './rules/payoutPolicy.ts';
import { createPayoutSend, type PayoutSendPorts } from './rules/payoutSend.ts';
import { payoutView } from './rules/payoutView.ts';

/** `manualAfterMs` says when a payout without proof of its end goes to a person. */
export interface DrivePayoutDeps extends PayoutSendPorts, PayoutFollowPorts {
  readonly coordinator: PaymentCoordinator;
}

/** Takes one step of a payout or forward: sends it at most once, then only asks, until the chain has the last word. */
export function createDrivePayout(deps: DrivePayoutDeps) {
  const course = createPayoutCourse(deps, payoutPolicy);
  const send = createPayoutSend(deps, payoutPolicy, course);
  const follow = createPayoutFollow(deps, payoutPolicy, course);
  const watchDead = createPayoutDeadWatch(deps, payoutPolicy, course);

  return async function drivePayout(paymentId: string): Promise<NextLook> {
    const view = payoutView((await deps.store.tail(paymentId))?.state);
    if (view === null) return { nextAtMs: null };
    if (isEnded(view.machine)) return watchDead(view);
    const { stage } = view.machine;
    return stage === 'requested' || stage === 'waiting' ? send(view) : follow(view);
  };
}
