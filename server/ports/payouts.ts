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
