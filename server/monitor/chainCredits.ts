import { claim, placed } from '../domain/claim.ts';
import { ownAsset } from '../domain/facts.ts';
import { account, balanceOf } from '../domain/ledger.ts';
import { smaller } from '../domain/money.ts';
import type { PoolWithdrawal, SignalOf } from '../domain/signal.ts';
import type { PaymentState } from '../domain/state.ts';
import type { TransitionStore } from '../ports.ts';
import type { Telling } from './chainTelling.ts';

export interface CreditSources {
  readonly store: Pick<TransitionStore, 'claimsUnder' | 'claimant' | 'tail' | 'at'>;
}

/** What this withdrawal has taken off the payment before; null when it has not been told. */
async function takenBefore({ store }: CreditSources, signal: SignalOf<'creditWithdrawn'>): Promise<bigint | null> {
  const holder = await store.claimant(claim.creditWithdrawal(signal.movement, signal.account));
  if (holder === null) return null;
  const legs = (await store.at(holder.paymentId, holder.seq))?.legs ?? [];
  const name = account.credit(signal.account, holder.paymentId);
  return legs.reduce((sum, leg) => (leg.account === name ? sum - leg.amount : sum), 0n);
}

function signalFor(state: PaymentState, { account: owner, ...withdrawal }: PoolWithdrawal, amount: bigint) {
  const { chainId, tokenAddress, txHash, blockNumber, blockHash } = withdrawal;
  const where = { chainId, tokenAddress, txHash, blockNumber, blockHash };
  const movement = { ...where, termsId: state.termsId, asset: ownAsset(state), amount };
  return { kind: 'creditWithdrawn', movement, account: owner } as const;
}

/** Payments with credits of the account that stood on the chain before the withdrawal, the oldest first. */
async function creditorsOf({ store }: CreditSources, withdrawal: PoolWithdrawal): Promise<string[]> {
  const prefix = claim.poolCredits(withdrawal);
  const before = `${prefix}${placed(withdrawal)}`;
  const older = (await store.claimsUnder(prefix)).filter((held) => held.claim < before);
  return [...new Set(older.map(({ paymentId }) => paymentId))];
}

async function tellWithdrawal(sources: CreditSources, telling: Telling, withdrawal: PoolWithdrawal, finalized: number) {
  const { txHash, blockNumber, blockHash, account: owner } = withdrawal;
  const total = { told: 0, parked: 0, failed: 0 };
  let left = withdrawal.amount;
  for (const paymentId of await creditorsOf(sources, withdrawal)) {
    if (left === 0n) break;
    // First the books, then whether they know this withdrawal: the other way round another monitor could take its part between the two.
    const state = (await sources.store.tail(paymentId))?.state;
    if (state?.direction !== 'in') continue;
    const credit = balanceOf(state.balances, account.credit(owner, state.id), ownAsset(state));
    const signal = signalFor(state, withdrawal, smaller(credit, left));
    const before = await takenBefore(sources, signal);
    left -= before ?? signal.movement.amount;
    if (before !== null || signal.movement.amount === 0n) continue;
    const fact = { logId: paymentId, signal, key: `credit withdrawn ${txHash} ${owner}`, blockNumber, blockHash };
    const { told, parked, failed } = await telling.tell([fact], finalized);
    total.told += told;
    total.parked += parked;
    total.failed += failed;
    if (failed > 0) break;
  }
  // What is left came from payments of others: anybody may use the contract, and credit the same account.
  return total;
}

/** Takes final withdrawals, which name no payment, off the account's oldest credits first (escrow-contract.md §1.10). */
export async function tellWithdrawals(
  sources: CreditSources,
  telling: Telling,
  withdrawals: readonly PoolWithdrawal[],
  finalized: number,
) {
  const total = { told: 0, parked: 0, failed: 0 };
  for (const withdrawal of withdrawals) {
    const { told, parked, failed } = await tellWithdrawal(sources, telling, withdrawal, finalized);
    total.told += told;
    total.parked += parked;
    total.failed += failed;
    if (failed > 0) break;
  }
  return total;
}
