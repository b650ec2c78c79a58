import type { Signal } from '../../server/domain/signal.ts';
import type { Arrival } from '../../server/domain/state.ts';

/** What admins signed for one sequence of the contract. */
export interface Payload {
  readonly settleSeq: number;
  readonly toSeller: bigint;
  readonly toBuyer: bigint;
}

/** What the chain knows of one payment's contract record. */
interface Contract {
  status: 'none' | 'vault' | 'pool' | 'closed';
  seq: number;
  remaining: bigint;
  released: bigint;
  /** Shares that were not taken, where the record's money lies. */
  credits: { readonly place: 'vault' | 'pool'; readonly side: 'seller' | 'refundTo'; readonly amount: bigint }[];
}

/** One payment as the model world sees it: its contract record, and what its log has not heard yet. */
export interface ModelPayment {
  readonly id: string;
  readonly vault: string;
  readonly oneTime: string;
  readonly termsId: string;
  readonly contract: Contract;
  readonly queue: Signal[];
  readonly orphans: Arrival[];
  readonly payloads: Payload[];
  readonly sent: Set<string>;
}
