/** What became of a provider's delivery. */
export type DeliveryOutcome = 'accepted' | 'duplicate' | 'unmatched' | 'unreadable' | 'refused';
/** What became of a delivery that could be read. */
export type ReportOutcome = Exclude<DeliveryOutcome, 'unreadable'>;

/** A provider's delivery that caused no transition, kept raw for audit and replay. */
export interface ProviderDelivery {
  readonly provider: string;
  readonly outcome: Exclude<DeliveryOutcome, 'accepted' | 'duplicate'>;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rawBody: Buffer;
  readonly receivedAtMs: number;
}

/** A kept delivery as it is shown to operators. */
export interface ShownDelivery {
  readonly id: string;
  readonly provider: string;
  readonly outcome: string;
  readonly reason: string;
  readonly receivedAtMs: number;
  readonly bytes: number;
  /** Null when it is longer than is read of many at once. */
  readonly body: string | null;
}

/** Keeps deliveries that caused no transition, and counts all of them. */
export interface ProviderEventStore {
  keep(delivery: ProviderDelivery): Promise<void>;
  /** One more, or `count` more. */
  count(provider: string, outcome: DeliveryOutcome, reason: string, count?: number): Promise<void>;
  stats(provider: string): Promise<Record<string, number>>;
  /** Newest first. */
  list(limit: number): Promise<readonly ShownDelivery[]>;
}
