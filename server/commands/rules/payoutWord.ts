import { BoundedMap } from '../../boundedMap.ts';
import { AppError } from '../../errors.ts';
import type { PayInProvider } from '../../ports/outside.ts';
import type { Clock, Logger } from '../../ports.ts';
import type { PayoutCourse } from './payoutCourse.ts';
import type { PayoutPolicy } from './payoutPolicy.ts';
import type { PayoutView } from './payoutView.ts';

/** What the provider says became of a payout; a reason to look, never a proof. */
export type PayoutWord =
  | { readonly stage: 'broadcast'; readonly txHash: string }
  | { readonly stage: 'reportedFailed'; readonly reason: string };

/** Payouts remembered by one process; beyond that the oldest are forgotten. */
const remembered = 10_000;

async function statusWord(provider: PayInProvider, { machine }: PayoutView): Promise<PayoutWord | null> {
  const status = await provider.getPayoutStatus(machine.externalId);
  if (status?.txHash) return { stage: 'broadcast', txHash: status.txHash };
  return status?.status === 'FAIL' ? { stage: 'reportedFailed', reason: 'payout status FAIL' } : null;
}

async function taskWord(provider: PayInProvider, { machine }: PayoutView): Promise<PayoutWord | null> {
  if (machine.taskId === null) return null;
  const task = await provider.getTask(machine.coin, machine.taskId);
  const [txHash] = task.txHashes;
  if (txHash !== undefined) return { stage: 'broadcast', txHash };
  return task.status === 'FAILURE' ? { stage: 'reportedFailed', reason: `task FAILURE: ${task.message ?? ''}` } : null;
}

/** Asks the provider about a payout at the provider's own cadence; one that is away says nothing. */
export function createPayoutWord(
  ports: { readonly provider: PayInProvider; readonly clock: Clock; readonly logger: Logger },
  policy: PayoutPolicy,
  course: PayoutCourse,
) {
  const { clock, logger, provider } = ports;
  // When each payout was last asked about; forgetting it at a restart costs one more question.
  const askedAt = new BoundedMap<string, number>(remembered);

  return {
    async wordOn(view: PayoutView): Promise<PayoutWord | null> {
      const { externalId } = view.machine;
      const pause = course.isYoung(view) ? policy.askMs : policy.slowAskMs;
      if (clock.now() - (askedAt.get(externalId) ?? Number.NEGATIVE_INFINITY) < pause) return null;
      askedAt.set(externalId, clock.now());
      try {
        return (await statusWord(provider, view)) ?? (await taskWord(provider, view));
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'provider_failed') throw error;
        logger.warn({ paymentId: view.logId, externalId, error }, 'the provider could not be asked about a payout');
        return null;
      }
    },
    forget: (view: PayoutView): boolean => askedAt.delete(view.machine.externalId),
  };
}
