import { BoundedMap } from '../../boundedMap.ts';
import { arrivalKey, claim } from '../../domain/claim.ts';
import type { Transfer } from '../../domain/state.ts';
import type { ChainReader } from '../../ports/outside.ts';
import type { TransitionStore } from '../../ports.ts';
import { isOwnTransfer, type PayoutView } from './payoutView.ts';

/** After so many blocks a search remembers how far it came, so that a node that fails costs no more than this. */
const stepBlocks = 50_000;
/** Payouts remembered by one process; beyond that the oldest are forgotten. */
const remembered = 10_000;

/** Looks for the transfer of a payout on the chain itself: from the hot wallet, of this amount, not yet another payout's. */
export function createPayoutSearch(ports: {
  readonly chain: Pick<ChainReader, 'head' | 'transfersTo'>;
  readonly store: Pick<TransitionStore, 'claimant'>;
}) {
  // Final blocks without the transfer need no second look; forgetting them at a restart only costs requests.
  const searchedTo = new BoundedMap<string, number>(remembered);

  async function unclaimed(transfer: Transfer): Promise<boolean> {
    return (await ports.store.claimant(claim.transfer(arrivalKey(transfer), 0))) === null;
  }

  return async function searchPayout(view: PayoutView): Promise<Transfer | null> {
    const { externalId, destination, postedBlock } = view.machine;
    if (postedBlock === null) return null;
    const head = await ports.chain.head(view.asset.network);
    let from = Math.max(postedBlock, (searchedTo.get(externalId) ?? 0) + 1);
    // To the head, however far: a search that stopped before would say of a sent payout that it was not.
    while (from <= head.number) {
      const to = Math.min(from + stepBlocks - 1, head.number);
      const transfers = await ports.chain.transfersTo(view.asset.network, [destination], from, to);
      for (const transfer of transfers.filter((entry) => isOwnTransfer(view, entry))) {
        if (await unclaimed(transfer)) return transfer;
      }
      searchedTo.set(externalId, Math.min(to, head.finalized));
      from = to + 1;
    }
    return null;
  };
}
