import { arrivalKey } from '../../server/domain/claim.ts';
import { decide } from '../../server/domain/payment.ts';
import type { Signal, SignalOf } from '../../server/domain/signal.ts';
import type { Transfer } from '../../server/domain/state.ts';
import * as f from './factories.ts';

/** The beginnings and facts that most tests of the postings share. */
export const start = [f.opened, f.addressGiven];
export const atVault = f.confirmed(100n);
export const atProvider = f.confirmed(100n, f.toProvider);
export const lateAtVault = f.confirmed(100n, f.late);
export const forward = f.confirmed(100n, f.fromHotWallet);
export const funded = [...start, atVault];
export const lateFunded = [...start, f.deadlinePassed, lateAtVault];
export const platformTerms: Signal = {
  kind: 'intentOpened',
  intent: f.intent({ sellerIsPlatform: true, refundIsPlatform: true }),
};

export const key = arrivalKey;
export const fund = 'fund:request';
export const completion = ['acceptOffer', 'request processing', 'payment_completed'];
export const tx = (signal: SignalOf<'transferConfirmed'>, epoch = '') => `tx:${key(signal.transfer)}${epoch}`;
export const orphan = ({ transfer }: { transfer: Transfer }, epoch = 0): Signal => ({
  kind: 'transferOrphaned',
  arrivalKey: key(transfer),
  epoch,
});

type Overrides = Parameters<typeof f.context>[0];

/** Decides after a history, without insisting on a change. */
export function decideAfter(signals: readonly Signal[], signal: Signal, overrides: Overrides = {}) {
  return decide(f.history(...signals).state, f.frozen(signal), f.context({ seq: 9, ...overrides }));
}

/** The code of a refusal after a history, or the outcome when it is none. */
export function refusal(signals: readonly Signal[], signal: Signal, overrides: Overrides = {}): string {
  const decision = decideAfter(signals, signal, overrides);
  return decision.outcome === 'refused' ? decision.code : decision.outcome;
}
