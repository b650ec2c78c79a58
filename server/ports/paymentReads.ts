import type { PaymentStatus } from '../domain/state.ts';

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
