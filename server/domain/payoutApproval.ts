import { createHash } from 'node:crypto';
import { assetName } from './ledger.ts';
import type { Asset, PaymentState } from './state.ts';

/** Exactly one payout: the n-th of its payment, out of this account, as this actor orders it. */
export interface ProposedPayout {
  readonly paymentId: string;
  /** Its number among the payment's payouts, so that an approval of one is never the approval of an equal one after it. */
  readonly n: number;
  readonly account: string;
  readonly asset: Asset;
  readonly amount: bigint;
  readonly destination: string;
  readonly actor: string;
}

const version = 'holdfast:payout-approval:1';

/** SHA-256 over a list of quoted texts, of which no two lists read the same. */
export function approvalHash({ asset, ...payout }: ProposedPayout): string {
  const texts = [
    ...[version, payout.paymentId, String(payout.n), payout.account, String(payout.amount)],
    ...[assetName(asset), String(asset.chainId), asset.tokenAddress.toLowerCase()],
    ...[payout.destination.toLowerCase(), payout.actor],
  ];
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex');
}

/** The number that the payment's next payout gets. */
export const nextPayout = ({ payouts }: Pick<PaymentState, 'payouts'>): number => payouts.length + 1;
