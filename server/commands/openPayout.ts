import { claim } from '../domain/claim.ts';
import type { PaymentState, PayoutReservation } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Ids, PaymentCoordinator, TransitionStore } from '../ports.ts';
import { demandAdmin, userActor } from './rules/actor.ts';
import { readWallet } from './rules/addresses.ts';
import { networkOf } from './rules/asset.ts';
import { openedBefore, openedPayout } from './rules/openedPayout.ts';
import type { OpenPayout } from './rules/payoutOrder.ts';
import { incoming, recordedPayment } from './rules/refusal.ts';

export interface OpenPayoutDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly gateway: EscrowGateway;
  readonly ids: Ids;
}

/** Reserves money for a payout in the log of the payment that pays it; the relay opens the record that sends it. */
export function createOpenPayout(deps: OpenPayoutDeps): OpenPayout {
  const { store, gateway } = deps;

  async function readDestination(payment: PaymentState, text: string): Promise<string> {
    const network = networkOf(gateway, payment.asset.network);
    const destination = readWallet(gateway, text, 'recipientAddress', [network]);
    // Vaults and one-time addresses are claimed; money sent there would be taken for a buyer's.
    if ((await store.claimant(claim.address(network.chainId, destination))) !== null) {
      throw new AppError('validation_failed', 'recipientAddress is the address of a payment.', {
        details: { field: 'recipientAddress' },
      });
    }
    return destination;
  }

  return async function openPayout(input) {
    demandAdmin(input.actor);
    const payment = incoming((await store.tail(input.paymentId))?.state);
    const isSame = (opened: PayoutReservation) =>
      opened.amount === input.amount && opened.destination === gateway.parseAddress(input.destination);
    const before = await openedBefore(store, payment, input.idempotencyClaim, isSame);
    if (before) return before;
    const destination = await readDestination(payment, input.destination);
    const payoutId = deps.ids.payment();
    const { from, amount, idempotencyClaim } = input;
    const signal = { kind: 'payoutRequested', payoutId, from, amount, destination } as const;
    const context = { actor: userActor(input.actor), idempotencyClaim };
    const state = recordedPayment(await deps.coordinator.observe(payment.id, signal, context));
    // A key that won the race elsewhere meanwhile has opened a payout under another id.
    return (await openedBefore(store, state, input.idempotencyClaim, isSame)) ?? openedPayout(store, state, payoutId);
  };
}
