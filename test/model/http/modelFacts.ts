import type { ModelPayment } from './modelPayment.ts';

/** What an answer should be: its status, the code of a refusal, and members of its data. */
export interface Expected {
  readonly status: number;
  readonly code?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A request that several offers compete for; `funder` is the payment that funded it, once and for all. */
export interface ModelRequest {
  readonly id: string;
  funder: ModelPayment | null;
}

/** An offer; amounts are hundredths of a token. Without an address of his own the seller is owed his share. */
export interface ModelTrade {
  readonly request: ModelRequest;
  readonly offerId: string;
  readonly price: number;
  readonly sellerHasAddress: boolean;
}

/** Who holds money. */
export type Place = 'contract' | 'provider';
/** The public words. */
export type ModelStatus = 'pending' | 'processing' | 'completed' | 'failed' | 'cancelled' | 'released' | 'refunded';

/**
 * A buyer's transfer; `minedOnTime` is what its block says now, `onTime` what it was credited with. `lost` is one that a reorganisation
 * took, `moved` the block it was credited in before it was mined elsewhere.
 */
export interface ModelTransfer {
  readonly hash: string;
  readonly raw: string;
  readonly amount: number;
  readonly at: Place;
  block: number;
  minedOnTime: boolean;
  onTime: boolean;
  stage: 'mined' | 'sighted' | 'credited' | 'lost';
  moved: number | null;
}

/** A prepared release or refund; `block` is where it was mined, null while it was not. */
export interface ModelSettlement {
  readonly origin: 'held' | 'excess';
  readonly toSeller: number;
  readonly toBuyer: number;
  seen: boolean;
  block: number | null;
  hash: string | null;
}
