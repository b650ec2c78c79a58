import { claim } from '../../domain/claim.ts';
import { statusOfStage } from '../../domain/payoutMachine.ts';
import type { PaymentState, PayoutReservation } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { TransitionStore } from '../../ports.ts';
import type { OpenedPayout } from './payoutOrder.ts';
import { keyReused } from './refusal.ts';

/** Transitions between our append and our look that do not hide the payout; more than this is not chance. */
const maxLook = 20;

const beingRecorded = () => new AppError('busy', 'The payout is being recorded; repeat the request.');

/** The key of the effect that opens record `n`, which is the payout's external id, looked for from `seq` on. */
async function externalIdOf(store: TransitionStore, paymentId: string, n: number, seq: number): Promise<string> {
  for (const transition of await store.after(paymentId, seq - 1, maxLook)) {
    const effect = transition.effects.find((entry) => entry.type === 'openPayoutRecord' && entry.n === n);
    if (effect) return effect.key;
  }
  throw beingRecorded();
}

/** What became of a payout that the payment has reserved money for. */
export async function openedPayout(
  store: TransitionStore,
  payment: PaymentState,
  payoutId: string,
): Promise<OpenedPayout> {
  const reservation = payment.payouts.find((entry) => entry.payoutId === payoutId);
  if (!reservation) throw beingRecorded();
  const holder = await store.claimant(claim.payout(payment.id, reservation.n));
  const externalId = await externalIdOf(store, payment.id, reservation.n, holder?.seq ?? 1);
  const record = (await store.tail(payoutId))?.state;
  const status = record?.direction === 'out' ? record.status : statusOfStage.requested;
  return { payoutId, externalId, status };
}

/** The payout that an idempotency key opened before, if it did; a key that comes back for another one is refused. */
export async function openedBefore(
  store: TransitionStore,
  payment: PaymentState,
  key: string | undefined,
  isSame: (opened: PayoutReservation) => boolean,
): Promise<OpenedPayout | null> {
  const holder = key === undefined ? null : await store.claimant(key);
  if (holder?.paymentId !== payment.id) return null;
  const then = await store.at(payment.id, holder.seq);
  const opened = then?.kind === 'payoutRequested' && then.state.direction === 'in' ? then.state.payouts.at(-1) : null;
  if (!opened) return null;
  if (!isSame(opened)) throw keyReused('another payout');
  return openedPayout(store, payment, opened.payoutId);
}
