/** The times and bounds of the payout machine. */
export interface PayoutPolicy {
  /** Between two looks at the chain while a payout is young, and when it is old. */
  readonly lookMs: number;
  readonly slowLookMs: number;
  /** Between two questions to the provider, likewise. */
  readonly askMs: number;
  readonly slowAskMs: number;
  /** How long a payout counts as young, and how long a payout without a clear answer keeps the wallet to itself. */
  readonly youngMs: number;
  /** Native coin the hot wallet must own before anything is sent, in base units. */
  readonly gasFloor: bigint;
}

/**
 * Looks at the chain follow its blocks. The floor pays two token transfers
 * (65,000 gas each) at 5 gwei, the highest price BSC has asked for in a year.
 */
export const payoutPolicy: PayoutPolicy = {
  lookMs: 2_000,
  slowLookMs: 30_000,
  askMs: 60_000,
  slowAskMs: 300_000,
  youngMs: 600_000,
  gasFloor: 650_000_000_000_000n,
};
