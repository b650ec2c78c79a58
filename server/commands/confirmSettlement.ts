import { claim } from '../domain/claim.ts';
import type { SettlementOutcome } from '../domain/evidence.ts';
import type { SettledFact } from '../domain/signal.ts';
import type { PaymentState } from '../domain/state.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { EscrowGateway } from '../ports/outside.ts';
import type { PaymentCoordinator, TransitionStore } from '../ports.ts';
import { demandAdmin, userActor } from './rules/actor.ts';
import type { ConfirmedSettlement, ConfirmSettlementInput } from './rules/confirmed.ts';
import { incoming, recordedPayment } from './rules/refusal.ts';

export interface ConfirmSettlementDeps {
  readonly store: TransitionStore;
  readonly coordinator: PaymentCoordinator;
  readonly gateway: EscrowGateway;
}

const transactionHashForm = /^0x[0-9a-f]{64}$/;

const errorOfOutcome = {
  notMined: ['transaction_not_mined', 'The transaction is not mined yet.'],
  reverted: ['transaction_reverted', 'The transaction was reverted.'],
  foreignContract: ['transaction_foreign_contract', 'The transaction did not go through this escrow contract.'],
  otherPayment: ['transaction_other_payment', 'The transaction settles another payment, or none.'],
} as const satisfies Record<Exclude<SettlementOutcome['outcome'], 'settled'>, readonly [ErrorCode, string]>;

const mismatch = (message: string) => new AppError('transaction_mismatch', message);

/** Records the release or refund somebody broadcast; the contract's own event is the evidence, never the hash alone. */
export function createConfirmSettlement(deps: ConfirmSettlementDeps) {
  async function readOutcome(
    { asset, termsId }: PaymentState,
    txHash: string,
    shared: ConfirmSettlementInput['shared'],
  ) {
    if (shared === undefined) return deps.gateway.readOutcome(asset.network, txHash, termsId);
    const read = shared.get(asset.network) ?? deps.gateway.readOutcomes(asset.network, txHash);
    shared.set(asset.network, read);
    return (await read)(termsId);
  }

  async function readFact(state: PaymentState, txHash: string, shared: ConfirmSettlementInput['shared']) {
    const outcome = await readOutcome(state, txHash, shared);
    if (outcome.outcome === 'settled') return outcome;
    const [code, message] = errorOfOutcome[outcome.outcome];
    throw new AppError(code, message);
  }

  /** Whether this settlement is booked already; asking for it again then changes nothing. */
  async function isBooked(state: PaymentState, fact: SettledFact): Promise<boolean> {
    const holder = await deps.store.claimant(claim.outcome(fact.chainId, fact.termsId, fact.settleSeq));
    return holder?.paymentId === state.id;
  }

  function isPrepared({ settlement: open }: PaymentState, fact: SettledFact): boolean {
    return (
      open !== null &&
      open.settleSeq === fact.settleSeq &&
      open.toSeller === fact.toSeller &&
      open.toBuyer === fact.toBuyer
    );
  }

  return async function confirmSettlement(input: ConfirmSettlementInput): Promise<ConfirmedSettlement> {
    demandAdmin(input.actor);
    const txHash = input.txHash.trim().toLowerCase();
    if (!transactionHashForm.test(txHash)) {
      throw new AppError('validation_failed', 'txHash must be 0x and 64 hex digits.', { details: { field: 'txHash' } });
    }
    const state = incoming((await deps.store.tail(input.paymentId))?.state);
    const { fact, final } = await readFact(state, txHash, input.shared);
    if ((input.kind === 'release' ? fact.toSeller : fact.toBuyer) === 0n) {
      throw mismatch(`The transaction is no ${input.kind}.`);
    }
    const context = { actor: userActor(input.actor) };
    if (final) {
      // Also one that nobody prepared here: a final settlement of this payment is a fact.
      if (await isBooked(state, fact)) return { state, settlement: { state: 'final', txHash } };
      const signal = { kind: 'settlementConfirmed', fact } as const;
      const booked = recordedPayment(await deps.coordinator.observe(state.id, signal, context));
      return { state: booked, settlement: { state: 'final', txHash } };
    }
    if (!isPrepared(state, fact)) throw mismatch('The transaction is not the prepared settlement.');
    const signal = { kind: 'settlementSeen', fact } as const;
    const seen = recordedPayment(await deps.coordinator.observe(state.id, signal, context));
    return { state: seen, settlement: { state: 'seen', txHash } };
  };
}
