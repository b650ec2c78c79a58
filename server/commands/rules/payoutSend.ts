import type { ChainHead } from '../../domain/evidence.ts';
import { formatAmount } from '../../domain/money.ts';
import { AppError } from '../../errors.ts';
import type { ChainReader, EscrowGateway, PayInProvider, PayoutAnswer } from '../../ports/outside.ts';
import type { Clock, CrashPoint, Logger, Queries, TransitionStore } from '../../ports.ts';
import type { NextLook, PayoutCourse } from './payoutCourse.ts';
import type { PayoutPolicy } from './payoutPolicy.ts';
import { createPayoutReadiness } from './payoutReadiness.ts';
import { createPayoutSlot } from './payoutSlot.ts';
import type { PayoutView } from './payoutView.ts';

export interface PayoutSendPorts {
  readonly store: TransitionStore;
  readonly chain: ChainReader;
  readonly gateway: EscrowGateway;
  readonly provider: PayInProvider;
  readonly queries: Pick<Queries, 'inProviderCustody'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crash: CrashPoint;
}

/** A payout that still waits after this is a case for an operator. */
const longWaitMs = 90 * 60_000;

/** Makes the one call of a payout: claims it first, so that it is made at most once, ever (rule 1). */
export function createPayoutSend(ports: PayoutSendPorts, policy: PayoutPolicy, course: PayoutCourse) {
  const { chain, clock, crash, logger } = ports;
  const obstacleOf = createPayoutReadiness(ports, policy);
  const freeSlot = createPayoutSlot(ports, policy.youngMs);

  async function wait(view: PayoutView, reason: string): Promise<NextLook> {
    if (course.ageOf(view) > longWaitMs) {
      logger.error({ paymentId: view.logId, reason }, 'a payout has been waiting for long');
    }
    await course.observe(view, { kind: 'payoutWaiting', reason });
    return course.soon(view);
  }

  /** Null while no node answers: the refusal is still kept, only its proof is left to a person. */
  async function pendingCount(network: string, wallet: string): Promise<number | null> {
    try {
      return (await chain.transactionCounts(network, wallet)).pending;
    } catch (error) {
      if (error instanceof AppError && error.code === 'chain_unavailable') return null;
      throw error;
    }
  }

  async function record(view: PayoutView, answer: PayoutAnswer): Promise<void> {
    const { externalId, wallet } = view.machine;
    if (answer.outcome === 'submitted') {
      await course.observe(view, { kind: 'payoutSubmitted', taskId: answer.taskId });
    } else if (answer.outcome === 'refused') {
      const walletNonce = await pendingCount(view.asset.network, wallet);
      const told = { stage: 'refused', txHash: null, walletNonce, reason: answer.message } as const;
      await course.observe(view, { kind: 'payoutReported', ...told });
    } else {
      // No clear answer: the money may be on its way, so from here on it is only asked for.
      logger.error({ paymentId: view.logId, externalId, ...answer }, 'a payout got no clear answer');
    }
  }

  async function call(view: PayoutView): Promise<void> {
    const { externalId, coin, amount, destination, callbackUrl } = view.machine;
    crash('payoutClaimed');
    const answer = await ports.provider.createPayout({
      externalId,
      coin,
      amount: formatAmount(amount, view.asset.decimals),
      destination: ports.gateway.checksum(destination),
      callbackUrl,
    });
    crash('payoutPosted');
    await record(view, answer);
    crash('payoutRecorded');
  }

  async function claimAndCall(view: PayoutView, head: ChainHead): Promise<NextLook> {
    const answer = await freeSlot(view, clock.now());
    if ('wait' in answer) return wait(view, answer.wait);
    const observation = await course.observe(view, { kind: 'payoutUnknown', slot: answer.slot, head: head.number });
    // Whoever appended the claim makes the one call; everybody else only looks.
    if (observation.outcome === 'changed') await call(view);
    else if (observation.outcome === 'refused') return wait(view, observation.code);
    return course.soon(view);
  }

  return async function send(view: PayoutView): Promise<NextLook> {
    const head = await chain.head(view.asset.network);
    const obstacle = await obstacleOf(view, head, clock.now());
    if (obstacle === null) return claimAndCall(view, head);
    return 'manual' in obstacle ? course.callPerson(view, obstacle.manual) : wait(view, obstacle.wait);
  };
}
