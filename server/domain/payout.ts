/** Stages of a payout or forward; `confirmed` and `dead` end it, `manual` waits for a person. */
export const payoutStages = [
  'requested',
  'waiting',
  'unknown',
  'submitted',
  'refused',
  'reportedFailed',
  'broadcast',
  'confirmed',
  'dead',
  'manual',
] as const;
export type PayoutStage = (typeof payoutStages)[number];

/** One payout through the provider's hot wallet, frozen when requested; amounts in base units, addresses lower-case. */
export interface PayoutMachine {
  readonly stage: PayoutStage;
  /** The effect key of the transition that requested it: at most one POST per external id, ever. */
  readonly externalId: string;
  readonly coin: string;
  readonly wallet: string;
  readonly destination: string;
  readonly amount: bigint;
  readonly callbackUrl: string;
  readonly requestedAtMs: number;
  /** Head block when the POST was claimed: an own transfer can only be younger. */
  readonly postedBlock: number | null;
  readonly postedAtMs: number | null;
  readonly slot: number | null;
  readonly taskId: string | null;
  readonly txHash: string | null;
  /** When a refusal or failure was first read, and the wallet's pending transaction count at that moment (proof of death, rule 3). */
  readonly reportedAtMs: number | null;
  readonly reportedNonce: number | null;
  readonly reason: string | null;
}
