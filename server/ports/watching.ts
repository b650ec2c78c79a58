import type { ChainCursor, Watch } from '../ports.ts';
import type { Backlog } from './backlogs.ts';

/** A row of work as it waits. */
export interface WaitingWork {
  readonly kind: string;
  readonly atMs: number;
  readonly leaseUntilMs: number;
  readonly attempts: number;
}

/** What is kept for one payment beside its log. */
export interface PaymentWork {
  readonly work: readonly WaitingWork[];
  readonly watch: Watch | null;
}

/** Where the monitors and the poller stand, for people who look; every read is bounded. */
export interface Watching {
  /** The newest finalized block of a network. */
  finalized(network: string): Promise<number>;
  cursor(chainId: number): Promise<ChainCursor | null>;
  /** The first watches of a chain that are alive. */
  watched(chainId: number, nowMs: number, limit: number): Promise<readonly Watch[]>;
  /** Looks at invoices that are due. */
  duePolls(nowMs: number): Promise<Backlog>;
  ofPayment(paymentId: string): Promise<PaymentWork>;
}
