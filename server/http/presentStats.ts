import { type PaymentStatus, paymentStatuses } from '../domain/state.ts';
import type { StatusSum } from '../ports/paymentReads.ts';
import type { createMoneySpelling } from './presentLedger.ts';
import { iso } from './presentParts.ts';

/** Counts and sums on the wire, payments and payouts apart: a payout is part of a payment's price and must not be added to it. */
export function presentStats(
  sums: readonly StatusSum[],
  asOfMs: number,
  { decimal }: ReturnType<typeof createMoneySpelling>,
) {
  const side = (direction: StatusSum['direction']) => {
    const own = sums.filter((sum) => sum.direction === direction);
    const countOf = (status: PaymentStatus) =>
      own.reduce((count, sum) => count + (sum.status === status ? sum.count : 0), 0);
    return {
      total: own.reduce((count, sum) => count + sum.count, 0),
      counts: Object.fromEntries(paymentStatuses.map((status) => [status, countOf(status)])),
      sums: own.map(({ network, token, status, count, amount }) => ({
        ...{ network, token, status, count },
        amount: decimal(`${network}:${token}`, amount),
        baseUnits: String(amount),
      })),
    };
  };
  return { asOf: iso(asOfMs), payments: side('in'), payouts: side('out') };
}
