import { arrivalKey } from '../../server/domain/claim.ts';
import type { Signal } from '../../server/domain/signal.ts';
import type { PaymentState } from '../../server/domain/state.ts';
import { insist } from './insist.ts';

/** Where an account's money lies. */
export function placeOfAccount(account: string): 'contract' | 'provider' | 'treasury' | 'refunds' | 'outside' {
  if (/^(excess|held|pending):contract:|^credit:/.test(account)) return 'contract';
  if (/^(excess|held|pending):provider:/.test(account)) return 'provider';
  if (/^(owed:seller|pending:treasury|fees):/.test(account)) return 'treasury';
  if (/^(owed:buyer|pending:refunds):/.test(account)) return 'refunds';
  return 'outside';
}

/** Where the platform's leg is missing, or comes from. */
export function platformPlace(before: PaymentState, signal: Signal, amount: bigint): string | null {
  if (signal.kind === 'transferConfirmed' || signal.kind === 'forwardConfirmed') return 'provider';
  if (signal.kind === 'refundedLater') return null;
  if (signal.kind === 'payoutSucceeded') {
    const payout = before.payouts.find((reservation) => reservation.n === signal.n);
    return placeOfAccount(payout?.account ?? '');
  }
  if (signal.kind !== 'transferOrphaned') return 'contract';
  const gone = before.arrivals.find(
    (arrival) => arrivalKey(arrival) === signal.arrivalKey && arrival.epoch === signal.epoch,
  );
  if (gone?.purpose === 'payment') return gone.custody;
  return amount > 0n ? 'provider' : 'contract';
}

type Sums = ReadonlyMap<string, bigint>;

/** Compares what all accounts hold, corrected by what the platform covered, with the money at each place. */
export function compareBooks(totals: Sums, adjusted: Sums, money: Sums): void {
  const sums = new Map<string, bigint>(adjusted);
  for (const [name, amount] of totals) {
    const [asset = '', account = ''] = name.split(' ');
    const place = placeOfAccount(account);
    if (place === 'outside') continue;
    const key = `${place === 'contract' ? `contract ${account.slice(account.lastIndexOf(':') + 1)}` : place} ${asset}`;
    sums.set(key, (sums.get(key) ?? 0n) + amount);
  }
  const real = new Map<string, bigint>();
  for (const [name, amount] of money) {
    const key = name.replace(/^(vault|pool) /, 'contract ');
    real.set(key, (real.get(key) ?? 0n) + amount);
  }
  for (const key of new Set([...sums.keys(), ...real.keys()]))
    insist(`books of ${key}`, sums.get(key) ?? 0n, real.get(key) ?? 0n);
}
