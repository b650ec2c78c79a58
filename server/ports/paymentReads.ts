import type { PaymentStatus } from '../domain/state.ts';
import type { Versioned } from '../ports.ts';

/** A name that a caller knows something by: an id, an external id, or the hash of a transaction on one of these chains. */
export interface Naming {
  readonly text: string;
  readonly chainIds: readonly number[];
}

/** Which payments and payouts a list is about; what is left out is not asked for. */
export interface PaymentQuery {
  readonly buyerId?: string;
  readonly sellerId?: string;
  /** Whoever is a buyer or a seller in it. */
  readonly userId?: string;
  readonly statuses?: readonly PaymentStatus[];
  readonly requestId?: string;
  readonly direction?: 'in' | 'out';
  readonly network?: string;
  readonly token?: string;
  /** Opened at this moment or later. */
  readonly fromMs?: number;
  /** Opened before this moment. */
  readonly untilMs?: number;
  readonly named?: Naming;
}

/** How many payments (or payouts) of one asset have one status, and the sum of their prices in base units. */
export interface StatusSum {
  readonly direction: 'in' | 'out';
  readonly network: string;
  readonly token: string;
  readonly status: PaymentStatus;
  readonly count: number;
  readonly amount: bigint;
}

/** What is told about many payments at once. */
export interface PaymentReports {
  /** Sums of all payments and payouts, or of those with this buyer, this seller, or this user on either side; bounded in time. */
  sums(party: Pick<PaymentQuery, 'buyerId' | 'sellerId' | 'userId'>): Promise<readonly StatusSum[]>;
  /** Everything that a query names, newest first, a small page at a time; what is opened meanwhile is not in it. */
  each(query: PaymentQuery): AsyncGenerator<readonly Versioned[], void, undefined>;
}
