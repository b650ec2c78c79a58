/** The purchase agreement the escrow contract hashes into a payment's id; addresses are lower-case hex, times are unix seconds. */
export interface Terms {
  readonly buyer: string;
  readonly seller: string;
  readonly token: string;
  readonly amount: bigint;
  readonly fundBy: number;
  readonly deliverBy: number;
  readonly inspection: number;
  readonly feeBps: number;
  readonly disputeSellerBps: number;
  readonly milestonesHash: string;
  readonly refundTo: string;
  readonly ref: string;
}

/** The address that stands for "nobody" (and, as a token, for the native coin) in the contract. */
export const zeroAddress = `0x${'0'.repeat(40)}`;

/** The milestones hash of a payment without milestones. */
export const noMilestones = `0x${'0'.repeat(64)}`;
