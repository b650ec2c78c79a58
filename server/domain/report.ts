import type { ProviderReport, ProviderSide, ReportedTransaction } from './state.ts';

// A payment is paid in one or two transactions; the bound keeps dust from growing the state, the chain monitor sees all of them anyway.
const transactionsMax = 100;

/** The provider's words in the order in which they may follow each other; others come before them. */
const words = ['UNPAID', 'unconfirmed', 'PARTIAL', 'PAID', 'OVERPAID'];

/** The provider's side after a report: a union that only grows, so that order and repetition do not matter. The same object when nothing is new. */
export function mergeReport(provider: ProviderSide, report: ProviderReport): ProviderSide {
  const known = new Map(provider.transactions.map((transaction) => [keyOf(transaction), transaction]));
  let grown = false;
  for (const transaction of report.transactions) {
    if (/^[0.]*$/.test(transaction.amount)) continue;
    const before = known.get(keyOf(transaction));
    const room = before !== undefined || known.size < transactionsMax;
    if (!room || (before !== undefined && !isStronger(transaction, before))) continue;
    known.set(keyOf(transaction), { ...transaction, txHash: transaction.txHash.toLowerCase() });
    grown = true;
  }
  const better = rank(report.reportedStatus) > rank(provider.reportedStatus);
  if (!grown && !better) return provider;
  return {
    ...provider,
    reportedStatus: better ? report.reportedStatus : provider.reportedStatus,
    transactions: [...known.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, transaction]) => transaction),
  };
}

const keyOf = (transaction: ReportedTransaction) => `${transaction.txHash.toLowerCase()} ${transaction.coin}`;
const rank = (word: string | null) => (word === null ? -2 : words.indexOf(word));

/** A confirmed word outweighs an unconfirmed one; of two alike the larger amount wins, whichever came first. */
function isStronger(next: ReportedTransaction, before: ReportedTransaction): boolean {
  if (next.confirmed !== before.confirmed) return next.confirmed;
  const width = Math.max(next.amount.length, before.amount.length);
  return comparable(next.amount, width) > comparable(before.amount, width);
}

/** A decimal string in a form that sorts by its value. */
function comparable(amount: string, width: number): string {
  const [whole = '', fraction = ''] = amount.split('.');
  return `${whole.padStart(width, '0')}.${fraction.replace(/0+$/, '')}`;
}
