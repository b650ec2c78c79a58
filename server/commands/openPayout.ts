import { claim } from '../domain/claim.ts';
import type { PayoutSource } from '../domain/signal.ts';
import type { PaymentState, PayoutReservation } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Actor, Ids, PaymentCoordinator, TransitionStore } from '../ports.ts';
import { demandAdmin, isServer, userActor } from './rules/actor.ts';
import { readWallet } from './rules/addresses.ts';
import { networkOf } from './rules/asset.ts';
import { createLimitedPayouts, type LimitedPayoutDeps } from './rules/limitedPayout.ts';
import { openedBefore, openedPayout } from './rules/openedPayout.ts';
import type { OpenPayout, PayoutOrder } from './rules/payoutOrder.ts';
import { incoming, recordedPayment } from './rules/refusal.ts';

export interface OpenPayoutDeps extends LimitedPayoutDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly gateway: EscrowGateway;
  readonly ids: Ids;
}

/** Where the terms send the money of an account: they were frozen before anything was paid, so nobody who orders a payout has chosen it. */
function addressInTerms({ terms, ...state }: PaymentState, from: PayoutSource): readonly string[] {
  if (from === 'owed:seller') return state.sellerIsPlatform ? [] : [terms.seller.toLowerCase()];
  return [terms.buyer, ...(state.refundIsPlatform ? [] : [terms.refundTo])].map((address) => address.toLowerCase());
}

/** Reserves money for a payout in the log of the payment that pays it; the relay opens the record that sends it. */
export function createOpenPayout(deps: OpenPayoutDeps): OpenPayout {
  const { store, gateway, payoutLimits } = deps;
  const limited = createLimitedPayouts(deps);

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

  function demandDestination(actor: Actor, destination: string): void {
    if (!isServer(actor) || payoutLimits.keyDestinations.includes(destination)) return;
    throw new AppError(
      'payout_destination_refused',
      'A key pays only to an address in the terms of the payment or in PAYOUT_KEY_DESTINATIONS; to another one an admin pays.',
    );
  }

  async function reserve(payment: PaymentState, { actor, from, amount, idempotencyClaim, ...order }: PayoutOrder) {
    const destination = await readDestination(payment, order.destination);
    const payoutId = deps.ids.payment();
    const signal = { kind: 'payoutRequested', payoutId, from, amount, destination } as const;
    const context = { actor: userActor(actor), idempotencyClaim };
    const isChosen = !addressInTerms(payment, from).includes(destination);
    if (isChosen) demandDestination(actor, destination);
    const observation = isChosen
      ? await limited.observe(payment, signal, { actor, context })
      : await deps.coordinator.observe(payment.id, signal, context);
    if (observation.outcome === 'refused' && observation.code === 'approval_mismatch')
      throw await limited.overtaken(payment, signal, actor);
    return { payoutId, state: recordedPayment(observation) };
  }

  return async function openPayout(input) {
    demandAdmin(input.actor);
    const isSame = (opened: PayoutReservation) =>
      opened.amount === input.amount && opened.destination === gateway.parseAddress(input.destination);
    const newest = async () => incoming((await store.tail(input.paymentId))?.state);
    const openedIn = (payment: PaymentState) => openedBefore(store, payment, input.idempotencyClaim, isSame);
    const payment = await newest();
    const before = await openedIn(payment);
    if (before) return before;
    try {
      const { payoutId, state } = await reserve(payment, input);
      // The same order under the same key may have won the race elsewhere meanwhile, and opened a payout under another id,
      return (await openedIn(state)) ?? (await openedPayout(store, state, payoutId));
    } catch (refusal) {
      // or taken what this one is then refused for.
      const twin = await openedIn(await newest());
      if (twin) return twin;
      throw refusal;
    }
  };
}
