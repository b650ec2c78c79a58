import type { PayoutMachine } from '../domain/payout.ts';
import type { PayoutFacts } from '../domain/signal.ts';
import type { PaymentState, PayoutReservation, State } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { Clock, EscrowGateway, PaymentCoordinator, Policy, TransitionStore } from '../ports.ts';
import { networkOf, offeredAsset } from './rules/asset.ts';
import { incoming, recorded } from './rules/refusal.ts';

export interface OpenPayoutRecordDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly gateway: EscrowGateway;
  readonly policy: Policy;
  readonly clock: Clock;
}

export interface OpenPayoutRecordInput {
  readonly paymentId: string;
  readonly n: number;
  /** The key of the effect that asks for the record: the external id, so that a repeated effect opens nothing new. */
  readonly externalId: string;
}

/** Opens the record of a reserved payout, the log of the machine that sends it; repeating it changes nothing. */
export function createOpenPayoutRecord(deps: OpenPayoutRecordDeps) {
  function machine(payment: PaymentState, reservation: PayoutReservation, externalId: string): PayoutMachine {
    const { asset } = payment;
    return {
      stage: 'requested',
      externalId,
      coin: offeredAsset(deps.gateway, asset.network, asset.token).coin,
      wallet: networkOf(deps.gateway, asset.network).shkeeperHotWallet,
      destination: reservation.destination,
      amount: reservation.amount,
      callbackUrl: `${deps.policy.publicUrl}/api/payment/shkeeper/payout/webhook`,
      // Payouts are opened by admins alone, so asking is approving (shkeeper.md §10.8).
      approved: true,
      requestedAtMs: deps.clock.now(),
      postedBlock: null,
      postedAtMs: null,
      slot: null,
      taskId: null,
      txHash: null,
      reportedAtMs: null,
      reportedNonce: null,
      reason: null,
    };
  }

  return async function openPayoutRecord({ paymentId, n, externalId }: OpenPayoutRecordInput): Promise<State> {
    const payment = incoming((await deps.store.tail(paymentId))?.state);
    const reservation = payment.payouts.find((entry) => entry.n === n);
    if (!reservation) throw new AppError('payout_not_open', 'There is no such payout.');
    const { marketplaceId, requestId, offerId, buyerId, sellerId, asset } = payment;
    const payout: PayoutFacts = {
      ...{ marketplaceId, requestId, offerId, buyerId, sellerId, asset },
      source: { paymentId, n },
      amount: reservation.amount,
      machine: machine(payment, reservation, externalId),
    };
    const signal = { kind: 'payoutOpened', payout } as const;
    return recorded(await deps.coordinator.observe(reservation.payoutId, signal, { actor: 'payouts' })).state;
  };
}
