import { claim } from './claim.ts';
import { callPerson, type Draft, raise, refuse, same, set, type Verdict } from './draft.ts';
import { countedTotal } from './facts.ts';
import { mergeReport } from './report.ts';
import type { IntentFacts, SignalOf } from './signal.ts';
import type { PaymentState } from './state.ts';
import { openingEffects } from './trade.ts';
import type { Change, DecideContext } from './transition.ts';

// So many different hints of authenticated callers are stored per payment.
const hintsMax = 5;

/** The first transition: freezes price, terms, vault, head block and expiry before anybody sees an address. */
export function openIntent(intent: IntentFacts, context: DecideContext): Change {
  const { claimNumber, provider, vault, ...facts } = intent;
  const state: PaymentState = {
    ...facts,
    id: context.paymentId,
    direction: 'in',
    status: 'pending',
    failureReason: null,
    flags: [],
    openedAtMs: context.nowMs,
    vault: vault.toLowerCase(),
    provider: provider && { ...provider, hotWallet: provider.hotWallet.toLowerCase() },
    ...emptyBooks,
    riskHold: false,
    delivered: false,
  };
  return {
    outcome: 'change',
    state,
    claims: [
      claim.open(intent.requestId, intent.offerId, intent.buyerId, claimNumber),
      claim.address(intent.asset.chainId, vault),
    ],
    legs: [],
    effects: openingEffects(state),
  };
}

const emptyBooks = {
  seen: [],
  arrivals: [],
  hints: [],
  balances: [],
  released: 0n,
  refunded: 0n,
  fees: 0n,
  funded: false,
  lateAccepted: false,
  settled: 0n,
  settlement: null,
  forward: null,
  forwardDead: false,
  payouts: [],
} as const;

/** The provider's one-time address; it belongs to this payment alone, for ever. */
export function addressGiven(draft: Draft, signal: SignalOf<'addressGiven'>): Verdict {
  const { provider, asset, vault } = draft.state;
  const address = signal.address.toLowerCase();
  if (provider === null) return refuse('not_applicable', 'this payment has no provider');
  if (provider.address === address) return same('already_given');
  if (provider.address !== null || address === vault || address === provider.hotWallet)
    return refuse('evidence_mismatch', 'the provider gave another address');
  const { providerAmount, exchangeRate } = signal;
  set(draft, { provider: { ...provider, address, providerAmount, exchangeRate } });
  draft.claims.push(claim.address(asset.chainId, address));
  return draft;
}

/** A client's word: it starts a look and never changes anything else. */
export function hintGiven(draft: Draft, { hint }: SignalOf<'hintGiven'>): Verdict {
  const { hints } = draft.state;
  if (hints.includes(hint)) return same('already_given');
  if (hints.length >= hintsMax) return refuse('limit_reached', `at most ${hintsMax} different hints are kept`);
  set(draft, { hints: [...hints, hint] });
  draft.effects.push({ type: 'verify' });
  return draft;
}

/** The provider's word: its transactions are merged and looked for on the chain; money moves by the chain alone. */
export function providerReported(draft: Draft, { report }: SignalOf<'providerReported'>): Verdict {
  const { state } = draft;
  const { provider } = state;
  if (provider === null || report.externalId !== provider.externalId)
    return refuse('evidence_mismatch', 'the report is about another invoice');
  const merged = mergeReport(provider, report);
  const mismatch = isAboutAnother(report, provider);
  if (!mismatch && merged === provider) return same('nothing_new');
  draft.claims.push(claim.event('shkeeper', report.deliveryKey));
  // Kept as evidence for a person; what it says about money is not believed even as far as a look.
  if (mismatch) {
    callPerson(draft, 'report_for_another_address');
    return draft;
  }
  set(draft, { provider: merged });
  draft.effects.push({ type: 'verify' });
  if (state.status === 'pending' && merged.transactions.length > 0) {
    set(draft, { status: 'processing' });
    draft.effects.push({ type: 'event', event: { name: 'payment.updated', type: 'payment_processing' } });
  }
  return draft;
}

function isAboutAnother(
  report: SignalOf<'providerReported'>['report'],
  provider: NonNullable<PaymentState['provider']>,
): boolean {
  const otherCoin = report.coin !== null && report.coin !== provider.coin;
  const address = report.address?.toLowerCase() ?? null;
  return otherCoin || (address !== null && provider.address !== null && address !== provider.address);
}

/** The payment's time is over: it fails unless a sighted transfer may still complete it; money that came is refundable. */
export function deadlinePassed(draft: Draft): Verdict {
  const { state, context } = draft;
  if (context.nowMs <= state.expiresAtMs) return same('not_yet');
  // A sighting that never resolves must not keep a payment open for ever.
  if (state.seen.length > 0 && context.nowMs <= state.watchUntilMs) return same('transfer_unconfirmed');
  set(draft, { status: 'failed', failureReason: 'expired' });
  if (countedTotal(state) > 0n) raise(draft, 'underpaid');
  draft.effects.push({ type: 'event', event: { name: 'payment.updated', type: 'payment_failed' } });
  return draft;
}

/** The owner or an admin gives up a payment that nothing was paid on; its addresses are watched further. */
export function cancelRequested(draft: Draft): Verdict {
  set(draft, { status: 'cancelled' });
  draft.effects.push({ type: 'event', event: { name: 'payment.updated', type: 'payment_cancelled' } });
  return draft;
}

/** Screening holds everything that would move money out, or lets it go. */
export function riskAssessed(draft: Draft, { hold }: SignalOf<'riskAssessed'>): Verdict {
  if (draft.state.riskHold === hold) return same('already_assessed');
  set(draft, { riskHold: hold });
  return draft;
}
