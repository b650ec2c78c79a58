import type { ChainHead } from './evidence.ts';
import { isSentBy } from './forward.ts';
import type { SignalOf } from './signal.ts';
import type { Custody, Transfer } from './state.ts';

/** The address of a payment that a transfer went to, and the wallets that the provider pays out from. */
export interface Destination {
  readonly custody: Custody;
  readonly hotWallets: readonly string[];
}

/**
 * The provider's wallets, as one payment sees them: the one frozen when it was opened, which its forward leaves from, and the one the
 * network is pinned to now. Both, because a wallet that was replaced in between is the provider's before and after, and what leaves either
 * of them is never a buyer's money; which of them may move this payment's price is for its own log to judge.
 */
export function hotWalletsOf(frozen: string | null | undefined, pinned: string | undefined): string[] {
  return [...new Set([frozen, pinned].flatMap((wallet) => (wallet ? [wallet.toLowerCase()] : [])))];
}

/**
 * What a transfer to an address of a payment means, or null while it must not be told. From a hot wallet into the vault it is the forward,
 * told only when final, since custody changes hands with it. Anything else is seen first and credited once its block is confirmed.
 */
export function signalOfTransfer(
  transfer: Transfer,
  { custody, hotWallets }: Destination,
  head: Pick<ChainHead, 'confirmed' | 'finalized'>,
): SignalOf<'forwardConfirmed' | 'transferConfirmed' | 'transferSeen'> | null {
  if (custody === 'contract' && hotWallets.some((wallet) => isSentBy(transfer, wallet))) {
    return transfer.blockNumber <= head.finalized ? { kind: 'forwardConfirmed', transfer } : null;
  }
  return { kind: transfer.blockNumber <= head.confirmed ? 'transferConfirmed' : 'transferSeen', transfer };
}
