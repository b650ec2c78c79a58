import { type Draft, move, raise, refuse, type Verdict } from './draft.ts';
import { dropIdleForward } from './forward.ts';
import { account, balanceOf } from './ledger.ts';
import type { SignalOf } from './signal.ts';

/** An admin books money of this payment as lost. What is reserved has to be voided or ended first. */
export function writtenOff(draft: Draft, signal: SignalOf<'writtenOff'>): Verdict {
  const { state } = draft;
  if (!signal.account.endsWith(`:${state.id}`) || signal.account.startsWith('pending:'))
    return refuse('not_applicable', 'only free money of this payment can be written off');
  if (signal.amount <= 0n) return refuse('amount_invalid', 'a loss needs an amount');
  if (signal.amount > balanceOf(state.balances, signal.account, signal.asset))
    return refuse('amount_exceeds_balance', 'the account holds less than that');
  move(draft, signal.asset, { from: signal.account, to: account.loss, amount: signal.amount });
  dropIdleForward(draft);
  raise(draft, 'manual');
  return draft;
}
