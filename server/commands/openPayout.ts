import { claim } from '../domain/claim.ts';
import { statusOfStage } from '../domain/payoutMachine.ts';
import type { PaymentState } from '../domain/state.ts';
import { AppError } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { Ids, PaymentCoordinator, TransitionStore } from '../ports.ts';
import { demandAdmin, userActor } from './rules/actor.ts';
import { readWallet } from './rules/addresses.ts';
import { networkOf } from './rules/asset.ts';
import type { OpenedPayout, OpenPayout } from './rules/payoutOrder.ts';
import { incoming, recordedPayment } from './rules/refusal.ts';

export interface OpenPayoutDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly gateway: EscrowGateway;
  readonly ids: Ids;
}

/** Transitions between our append and our look that do not hide the payout; more than this is not chance. */
const maxLook = 20;

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

  /** The key of the effect that opens record `n`, which is the payout's external id, looked for from `seq` on. */
  async function externalIdOf(paymentId: string, n: number, seq: number): Promise<string> {
    for (const transition of await store.after(paymentId, seq - 1, maxLook)) {
      const effect = transition.effects.find((entry) => entry.type === 'openPayoutRecord' && entry.n === n);
      if (effect) return effect.key;
    }
    throw new AppError('busy', 'The payout is being recorded; repeat the request.');
  }

  async function opened(payment: PaymentState, payoutId: string): Promise<OpenedPayout> {
    const reservation = payment.payouts.find((entry) => entry.payoutId === payoutId);
    if (!reservation) throw new AppError('busy', 'The payout is being recorded; repeat the request.');
    const holder = await store.claimant(claim.payout(payment.id, reservation.n));
    const externalId = await externalIdOf(payment.id, reservation.n, holder?.seq ?? 1);
    const record = (await store.tail(payoutId))?.state;
    const status = record?.direction === 'out' ? record.status : statusOfStage.requested;
    return { payoutId, externalId, status };
  }

  /** The payout that an idempotency key opened before, if it did. */
  async function openedBefore(payment: PaymentState, key: string | undefined): Promise<OpenedPayout | null> {
    const holder = key === undefined ? null : await store.claimant(key);
    if (holder?.paymentId !== payment.id) return null;
    const [then, payouts] = [await store.at(payment.id, holder.seq), payment.payouts];
    const count = then?.state.direction === 'in' ? then.state.payouts.length : 0;
    const payoutId = payouts[count - 1]?.payoutId;
    return payoutId === undefined ? null : opened(payment, payoutId);
  }

  return async function openPayout(input) {
    demandAdmin(input.actor);
    const payment = incoming((await store.tail(input.paymentId))?.state);
    const before = await openedBefore(payment, input.idempotencyClaim);
    if (before) return before;
    const destination = await readDestination(payment, input.destination);
    const payoutId = deps.ids.payment();
    const { from, amount, idempotencyClaim } = input;
    const signal = { kind: 'payoutRequested', payoutId, from, amount, destination } as const;
    const context = { actor: userActor(input.actor), idempotencyClaim };
    const state = recordedPayment(await deps.coordinator.observe(payment.id, signal, context));
    // A key that won the race elsewhere meanwhile has opened a payout under another id.
    return (await openedBefore(state, input.idempotencyClaim)) ?? opened(state, payoutId);
  };
}
