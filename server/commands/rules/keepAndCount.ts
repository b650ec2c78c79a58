import type { ProviderEventStore, ReportOutcome } from '../../ports/deliveries.ts';
import type { Clock } from '../../ports.ts';

/** A provider's delivery as it came; `headers` are only those that may be kept: the HTTP side hands on none that carries a secret. */
export interface RawDelivery {
  readonly rawBody: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a delivery came to, and why. */
export interface Judgement {
  readonly outcome: ReportOutcome;
  readonly reason: string;
}

/** Counts a delivery, and keeps it raw for people to look at when it changed nothing that it should have. */
export async function keepAndCount(
  deps: { readonly providerEvents: ProviderEventStore; readonly clock: Clock },
  provider: string,
  { outcome, reason }: Judgement,
  { headers, rawBody }: RawDelivery,
): Promise<ReportOutcome> {
  if (outcome === 'unmatched' || outcome === 'refused') {
    const receivedAtMs = deps.clock.now();
    await deps.providerEvents.keep({ provider, outcome, reason, headers, rawBody, receivedAtMs });
  }
  await deps.providerEvents.count(provider, outcome, reason);
  return outcome;
}
