import { type Draft, move, set } from './draft.ts';
import { ownAsset, reservedInContract } from './facts.ts';
import { account } from './ledger.ts';

/** Ends the open settlement and gives what is still reserved for it back to where it came from; does nothing when none is open. */
export function voidSettlement(draft: Draft): void {
  const { state } = draft;
  if (state.settlement === null) return;
  const back = account[state.settlement.origin]('contract', state.id);
  const from = account.pending('contract', state.id);
  move(draft, ownAsset(state), { from, to: back, amount: reservedInContract(state) });
  set(draft, { settlement: null });
}
