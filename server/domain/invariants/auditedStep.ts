import type { PaymentStatus, State } from '../state.ts';
import type { RequestStatus } from '../trade.ts';
import type { Transition } from '../transition.ts';

/** An effect that was given up, and when. */
export interface ParkedEffect {
  readonly effectKey: string;
  readonly reason: string;
  readonly atMs: number;
}

/** A transition as an audit reads it: with what the relay has done about it, and the scalar copy of its `slot:` claim. */
export interface AuditedStep {
  readonly transition: Transition;
  readonly done: boolean;
  readonly parked: readonly ParkedEffect[];
  readonly slot: string | null;
}

/** The row of `payments`: what stands beside the state is compared with what the newest transition would write there. */
export interface ProjectedRow {
  readonly version: number;
  readonly status: PaymentStatus;
  readonly state: State;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What the marketplace knows of a request that a payment is for; `unrejected` are its offers that are not rejected. */
export interface RequestRow {
  readonly status: RequestStatus;
  readonly fundedBy: string | null;
  readonly unrejected: readonly { readonly id: string; readonly status: string }[];
}

/** What stands beside a payment's history and follows from it. */
export interface Beside {
  readonly row: ProjectedRow | null;
  /** `null` when there is no such request. */
  readonly request: RequestRow | null;
}

/** What a check is lent: the store's hash, what a transition leaves in `payments`, the time, and how late work may be. */
export interface AuditTools {
  readonly digest: (value: unknown) => string;
  readonly projectionOf: (transition: Transition) => Readonly<Record<string, unknown>>;
  readonly nowMs: number;
  readonly graces: Graces;
}

/** How long something may be late before it is called stuck. */
export interface Graces {
  readonly effectMs: number;
  readonly deadlineMs: number;
  /** After this a payout without a clear answer belongs to a person (`PAYOUT_MANUAL_AFTER_SECONDS`). */
  readonly payoutMs: number;
}
