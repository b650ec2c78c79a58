import type { PayoutMachine } from '../../domain/payout.ts';
import type { Signal } from '../../domain/signal.ts';
import type { Asset, PaymentState, State, Transfer } from '../../domain/state.ts';

/** One machine and the log it lives in: a forward in its payment's own log, or the record of a payout. */
export interface PayoutView {
  readonly logId: string;
  readonly asset: Asset;
  readonly machine: PayoutMachine;
  /** The payment that is forwarded; null for a payout. */
  readonly forwarded: PaymentState | null;
  /** Where a payout's money is reserved; null for a forward. */
  readonly source: { readonly paymentId: string; readonly n: number } | null;
}

/** The machine of a log, if it has one. */
export function payoutView(state: State | undefined | null): PayoutView | null {
  if (state?.direction === 'out') {
    const { id: logId, asset, machine, source } = state;
    return { logId, asset, machine, forwarded: null, source };
  }
  if (state?.direction !== 'in' || state.forward === null) return null;
  return { logId: state.id, asset: state.asset, machine: state.forward, forwarded: state, source: null };
}

/** Whether a transfer is exactly what the machine sends: its token, its amount, from the hot wallet alone. */
export function isOwnTransfer({ asset, machine }: PayoutView, transfer: Transfer): boolean {
  return (
    transfer.tokenAddress === asset.tokenAddress &&
    transfer.amount === machine.amount &&
    transfer.receiver === machine.destination &&
    transfer.senders.length === 1 &&
    transfer.senders[0] === machine.wallet
  );
}

/** The signal that ends the machine well. */
export function successOf({ source }: PayoutView, transfer: Transfer): Signal {
  return source === null
    ? { kind: 'forwardConfirmed', transfer }
    : { kind: 'payoutSucceeded', n: source.n, transfer, txHash: transfer.txHash };
}

/** The signal that ends the machine by a proof that nothing was sent; it holds only for the machine that was judged. */
export function deathOf({ source, machine }: PayoutView, proof: string): Signal {
  const { externalId, postedBlock, txHash } = machine;
  const judged = { externalId, postedBlock, txHash };
  return source === null
    ? { kind: 'forwardFailed', proof, judged }
    : { kind: 'payoutFailed', n: source.n, proof, judged };
}
