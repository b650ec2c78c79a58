import { AppError } from '../../errors.ts';
import type { ChainReader, PayInProvider } from '../../ports/outside.ts';
import type { Clock, TransitionStore } from '../../ports.ts';
import { createPayoutSearch } from './payoutSearch.ts';
import type { PayoutView } from './payoutView.ts';

export interface PayoutDeathPorts {
  readonly store: TransitionStore;
  readonly chain: ChainReader;
  readonly provider: Pick<PayInProvider, 'getPayoutStatus' | 'getTask'>;
  readonly clock: Clock;
  readonly manualAfterMs: number;
}

/**
 * The provider forgets to end its rows: after 24 h it looks at none of them any more, and they stay IN_PROGRESS for ever.
 * So long such a row is believed to be at work; a queue that stands still for longer is an operator's to empty.
 */
const rowLivesMs = 7 * 24 * 3_600_000;

const refusal = (reason: string, message: string) =>
  new AppError('illegal_transition', message, { details: { reason } });

async function refuseIfProviderWorks({ provider, clock }: PayoutDeathPorts, { machine }: PayoutView): Promise<void> {
  const { coin, externalId, postedAtMs, reportedAtMs, taskId } = machine;
  const row = await provider.getPayoutStatus(externalId);
  if (row?.status === 'SUCCESS') throw refusal('provider_sent', 'The provider says that this payout was sent.');
  const task = taskId === null ? null : await provider.getTask(coin, taskId);
  const named = row?.txHash != null || (task !== null && task.txHashes.length > 0);
  // A refusal leaves a row that says IN_PROGRESS and has no task.
  const refused = taskId === null && reportedAtMs !== null;
  const ended = row?.status === 'FAIL' || task?.status === 'FAILURE' || refused || (row === null && task === null);
  const believed = clock.now() - (postedAtMs ?? 0) < rowLivesMs;
  if (believed && (named || !ended)) {
    throw refusal('provider_at_work', 'The provider still has this payout; it may be sent yet.');
  }
}

/** Checks what a person says of a payout: that it was not sent. Throws unless that can be so. */
export function createPayoutDeath(ports: PayoutDeathPorts) {
  const { chain, clock, manualAfterMs } = ports;
  const searchPayout = createPayoutSearch(ports);

  async function isWalletPast({ machine, asset }: PayoutView): Promise<boolean> {
    if (machine.reportedNonce === null) return false;
    const { finalized } = await chain.transactionCounts(asset.network, machine.wallet);
    return finalized > machine.reportedNonce;
  }

  /** Long enough after the call, or in a person's hands with the wallet past every transaction this one could be. */
  async function isRipe(view: PayoutView): Promise<boolean> {
    const { stage, postedAtMs } = view.machine;
    if (clock.now() - (postedAtMs ?? 0) >= manualAfterMs) return true;
    return stage === 'manual' && (await isWalletPast(view));
  }

  return async function demandUnsent(view: PayoutView): Promise<void> {
    // The claim of the call comes before the call: without it nothing was asked of the provider.
    if (view.machine.postedBlock === null) return;
    const found = await searchPayout(view);
    if (found) {
      throw new AppError('transaction_mismatch', 'The chain shows that this payout was sent.', {
        details: { txHash: found.txHash },
      });
    }
    if (!(await isRipe(view))) {
      throw refusal('payout_too_young', 'This payout was asked for too recently to be called dead.');
    }
    await refuseIfProviderWorks(ports, view);
  };
}
