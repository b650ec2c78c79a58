import { claim, placed } from '../domain/claim.ts';
import { ownAsset } from '../domain/facts.ts';
import { account, balanceOf } from '../domain/ledger.ts';
import { smaller } from '../domain/money.ts';
import type { PoolWithdrawal } from '../domain/signal.ts';
import type { PaymentState } from '../domain/state.ts';
import type { Logger, TransitionStore } from '../ports.ts';
import type { ChainFact } from './chainFacts.ts';
import type { Telling, Told } from './chainTelling.ts';

export interface CreditSources {
  readonly store: Pick<TransitionStore, 'claimsUnder' | 'tail' | 'at'>;
  readonly logger: Logger;
}

/** A share that the pool once kept for the account, by the claim of the settlement that left it there. */
type Credit = Awaited<ReturnType<TransitionStore['claimsUnder']>>[number];

/** What a withdrawal takes off one payment. */
interface Share {
  readonly state: PaymentState;
  readonly amount: bigint;
}

async function stepOf({ store }: CreditSources, { paymentId, seq }: Credit) {
  const step = await store.at(paymentId, seq);
  if (step === null) throw new Error(`the holder of a claim, ${paymentId}:${seq}, cannot be seen yet`);
  return step;
}

/** What this withdrawal took off each payment already: told by another monitor, or before a restart. */
async function takenBefore(sources: CreditSources, withdrawal: PoolWithdrawal, credits: readonly Credit[]) {
  const { chainId, txHash, account: owner } = withdrawal;
  const termsIds = credits.map((credit) => credit.claim.slice(credit.claim.lastIndexOf(':') + 1));
  const names = new Set(termsIds.map((termsId) => claim.creditWithdrawal({ chainId, txHash, termsId }, owner)));
  const taken = new Map<string, bigint>();
  for (const held of await sources.store.claimsUnder(claim.movements(chainId, txHash))) {
    if (!names.has(held.claim)) continue;
    const { legs } = await stepOf(sources, held);
    taken.set(
      held.paymentId,
      legs.reduce((sum, { amount }) => (amount > 0n ? sum + amount : sum), 0n),
    );
  }
  return taken;
}

/** What is left of each credit of one payment, given the oldest first: the oldest went out first, so the newest are left. */
async function leftOf(sources: CreditSources, state: PaymentState, owner: string, credits: readonly Credit[]) {
  const name = account.credit(owner, state.id);
  let balance = balanceOf(state.balances, name, ownAsset(state));
  const left = new Map<string, bigint>();
  for (const credit of credits.toReversed()) {
    if (balance === 0n) break;
    const legs = credits.length === 1 ? [] : (await stepOf(sources, credit)).legs;
    const amount = credits.length === 1 ? balance : (legs.find((leg) => leg.account === name)?.amount ?? 0n);
    left.set(credit.claim, smaller(amount, balance));
    balance -= smaller(amount, balance);
  }
  return left;
}

async function stateOf({ store }: CreditSources, paymentId: string): Promise<PaymentState> {
  const state = (await store.tail(paymentId))?.state;
  if (state?.direction !== 'in') throw new Error(`${paymentId} holds a credit and is no payment`);
  return state;
}

/**
 * What a withdrawal takes off which payment, oldest credits first. Credits and what is taken are read before the books and after them, so
 * that all three are of one moment: else another monitor's part would be taken again elsewhere, or a later credit for an older one.
 */
async function sharesOf(sources: CreditSources, withdrawal: PoolWithdrawal): Promise<ReadonlyMap<string, Share>> {
  const prefix = claim.poolCredits(withdrawal);
  const credits = await sources.store.claimsUnder(prefix);
  const older = credits.filter((credit) => credit.claim < `${prefix}${placed(withdrawal)}`);
  const taken = await takenBefore(sources, withdrawal, older);
  let left = [...taken.values()].reduce((rest, amount) => rest - amount, withdrawal.amount);
  const ofPayment = Map.groupBy(credits, ({ paymentId }) => paymentId);
  const books = new Map<string, { state: PaymentState; left: ReadonlyMap<string, bigint> }>();
  const shares = new Map<string, Share>();
  for (const credit of older) {
    const { paymentId } = credit;
    if (left <= 0n) break;
    if (taken.has(paymentId)) continue;
    let book = books.get(paymentId);
    if (book === undefined) {
      const state = await stateOf(sources, paymentId);
      book = { state, left: await leftOf(sources, state, withdrawal.account, ofPayment.get(paymentId) ?? []) };
      books.set(paymentId, book);
    }
    const part = smaller(book.left.get(credit.claim) ?? 0n, left);
    if (part > 0n) shares.set(paymentId, { state: book.state, amount: (shares.get(paymentId)?.amount ?? 0n) + part });
    left -= part;
  }
  // Some of the books just read may know credits that came since, or what another monitor took for this withdrawal: then once more.
  const since = (await sources.store.claimsUnder(prefix)).length - credits.length;
  if (since !== 0 || (await takenBefore(sources, withdrawal, older)).size !== taken.size)
    return sharesOf(sources, withdrawal);
  if (left > 0n) {
    // Anybody may use the contract, so a withdrawal of a stranger's account is everyday; one that takes more than an own account had is not.
    const level = older.length === 0 ? 'debug' : 'warn';
    sources.logger[level]({ ...withdrawal, left }, 'a withdrawal took credits of no payment known here');
  }
  return shares;
}

/** Names a withdrawal: the logs of one transaction are read as one for each account and token. */
const keyOf = ({ txHash, account: owner, tokenAddress }: PoolWithdrawal) =>
  `credit withdrawn ${txHash} ${owner} ${tokenAddress}`;

function factOf(withdrawal: PoolWithdrawal, { state, amount }: Share): ChainFact {
  const { chainId, tokenAddress, txHash, blockNumber, blockHash, account: owner, redirected } = withdrawal;
  const where = { chainId, tokenAddress, txHash, blockNumber, blockHash };
  const movement = { ...where, termsId: state.termsId, asset: ownAsset(state), amount };
  const signal = { kind: 'creditWithdrawn', movement, account: owner, redirected } as const;
  return { logId: state.id, signal, key: keyOf(withdrawal), blockNumber, blockHash };
}

/**
 * Takes final withdrawals, which name no payment, off the account's oldest credits first. They are told in the
 * order of the chain, so nothing after one that failed.
 */
export async function tellWithdrawals(
  sources: CreditSources,
  telling: Telling,
  withdrawals: readonly PoolWithdrawal[],
  finalized: number,
): Promise<Told> {
  const total = { told: 0, parked: 0, failed: 0 };
  for (const withdrawal of withdrawals) {
    const fields = { signal: 'creditWithdrawn', ...withdrawal };
    const { told, parked, failed } = await telling.attempt(keyOf(withdrawal), fields, async () => {
      const shares = await sharesOf(sources, withdrawal);
      return telling.tell(
        [...shares.values()].map((share) => factOf(withdrawal, share)),
        finalized,
      );
    });
    total.told += told;
    total.parked += parked;
    total.failed += failed;
    if (failed > 0) break;
  }
  return total;
}
