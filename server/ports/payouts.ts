/** Amounts in tokens, as decimal texts: one for every token, and others for those that are named (in capitals). */
export interface AmountsByToken {
  readonly standard: string;
  readonly tokens: Readonly<Record<string, string>>;
}

/** What may leave by payout to an address that somebody names. */
export interface PayoutLimits {
  readonly single: AmountsByToken;
  /** Of one token on one network, in 24 hours. */
  readonly daily: AmountsByToken;
  /** Where a server's key may pay to beside the addresses in the terms of a payment; lower-case. */
  readonly keyDestinations: readonly string[];
}

/** What a second admin said yes to; the hash names exactly one payout of one proposer, and is its id. */
export interface PayoutApproval {
  readonly hash: string;
  readonly approvedBy: string;
  readonly approvedAtMs: number;
  readonly expiresAtMs: number;
}

/** Where approvals are kept for a while after their end; which of them were used the log says. */
export interface PayoutApprovals {
  /** Keeps it unless one of the same hash lives at `now`; answers the one that lives afterwards. */
  keep(approval: PayoutApproval, now: number): Promise<PayoutApproval>;
  find(hash: string): Promise<PayoutApproval | null>;
  /** Takes back whatever this user approved; what was opened by it stays. */
  withdrawAllOf(approvedBy: string): Promise<void>;
}
