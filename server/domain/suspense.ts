import { arrivalKey, claim } from './claim.ts';
import { refuse, same } from './draft.ts';
import { account } from './ledger.ts';
import type { SignalOf } from './signal.ts';
import type { State, SuspenseState } from './state.ts';
import type { DecideContext, Decision } from './transition.ts';

/** Books money that belongs to nobody in the log of its network and token. */
export function strayReceived(
  state: State | null,
  signal: SignalOf<'strayReceived'>,
  context: DecideContext,
): Decision {
  const { transfer, asset, marketplaceId } = signal;
  if (state !== null && state.direction !== 'suspense')
    return refuse('not_applicable', 'money of nobody has its own log');
  if (transfer.amount <= 0n) return same('nothing_arrived');
  const opened: SuspenseState = {
    id: context.paymentId,
    direction: 'suspense',
    status: 'pending',
    failureReason: null,
    flags: [],
    marketplaceId,
    requestId: '',
    offerId: '',
    buyerId: '',
    sellerId: '',
    asset,
    price: 0n,
    openedAtMs: context.nowMs,
    metadata: null,
  };
  return {
    outcome: 'change',
    state: state ?? opened,
    claims: [claim.transfer(arrivalKey(transfer), 0)],
    legs: [
      { account: account.unknownBuyer, asset: transfer.asset, amount: -transfer.amount },
      { account: account.suspense, asset: transfer.asset, amount: transfer.amount },
    ],
    effects: [],
  };
}
