import type { ChainMovement, PoolWithdrawal, SettledFact } from './signal.ts';
import type { Transfer } from './state.ts';

/** Where a chain stands. */
export interface ChainHead {
  readonly number: number;
  readonly hash: string;
  readonly timeMs: number;
  /** Highest block whose transfers may be credited, and highest block an irreversible step may rest on. */
  readonly confirmed: number;
  readonly finalized: number;
}

/** Why a transaction is no proof of a payment. */
export type TransferVerdict =
  | {
      readonly verdict: 'confirmed' | 'pending';
      readonly transfer: Transfer;
      readonly confirmations: number;
      readonly final: boolean;
    }
  /** Who sent it and where it stands, since only a wallet's own transaction says something of what the wallet did. */
  | { readonly verdict: 'reverted'; readonly sender: string; readonly blockNumber: number }
  | { readonly verdict: 'notFound' | 'wrongReceiver' | 'tooOld' | 'orphaned' };

/** One event of the escrow contract, in our words. */
export type EscrowEvent =
  | { readonly event: 'Settled'; readonly fact: SettledFact }
  | { readonly event: 'Recovered'; readonly movement: ChainMovement; readonly closed: boolean }
  | {
      readonly event: 'Funded';
      readonly termsId: string;
      readonly source: number;
      readonly amount: bigint;
      readonly txHash: string;
      readonly blockNumber: number;
      readonly blockHash: string;
      readonly tokenAddress: string;
    }
  | { readonly event: 'SeqBumped'; readonly movement: ChainMovement; readonly settleSeq: number }
  | { readonly event: 'Delivered' | 'Frozen'; readonly movement: ChainMovement }
  | { readonly event: 'CreditWithdrawn'; readonly withdrawal: PoolWithdrawal }
  /** The contract names no token in these: it is the payment's own. */
  | { readonly event: 'Shortfall' | 'RefundedLater'; readonly movement: ChainMovement }
  | {
      readonly event: 'VaultCreditPaid';
      readonly movement: ChainMovement;
      readonly account: string;
      /** The account sent it elsewhere. */
      readonly redirected: boolean;
    };

/** What a settlement transaction turned out to be; only the contract's own event counts. */
export type SettlementOutcome =
  | { readonly outcome: 'settled'; readonly fact: SettledFact; readonly final: boolean }
  | { readonly outcome: 'notMined' | 'reverted' | 'foreignContract' | 'otherPayment' };
