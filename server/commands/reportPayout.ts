import type { Signal } from '../domain/signal.ts';
import type { PayoutState, State } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { ChainReader, PaymentCoordinator, TransitionStore } from '../ports.ts';
import { recorded } from './rules/refusal.ts';

export interface ReportPayoutDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly chain: ChainReader;
}

/** Tells the log that pays how its payout ended; the record itself posts nothing. */
export function createReportPayout(deps: ReportPayoutDeps) {
  /** The transfer is read from the chain again, so that the books rest on evidence and not on the record's word. */
  async function success(payout: PayoutState): Promise<Signal> {
    const { machine, asset, source } = payout;
    const { txHash } = machine;
    const verdicts =
      txHash === null
        ? []
        : await deps.chain.proveTransfer(asset.network, txHash, machine.destination, machine.postedBlock ?? 0);
    const transfer = verdicts
      .flatMap((entry) => ('transfer' in entry ? [entry.transfer] : []))
      .find((entry) => entry.tokenAddress === asset.tokenAddress && entry.amount === machine.amount);
    if (!transfer) throw new AppError('chain_unavailable', `The payout's transaction ${txHash} cannot be read.`);
    return { kind: 'payoutSucceeded', n: source.n, transfer, txHash };
  }

  return async function reportPayout(payoutId: string, outcome: 'succeeded' | 'failed'): Promise<State> {
    const payout = (await deps.store.tail(payoutId))?.state;
    if (payout?.direction !== 'out') throw new AppError('not_found', 'There is no such payout.');
    const { source, machine } = payout;
    const signal: Signal =
      outcome === 'succeeded'
        ? await success(payout)
        : { kind: 'payoutFailed', n: source.n, proof: machine.reason ?? 'unknown' };
    return recorded(await deps.coordinator.observe(source.paymentId, signal, { actor: `payout:${payoutId}` })).state;
  };
}
