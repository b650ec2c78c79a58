import type { Logger, PaymentCoordinator, Queries, TransitionStore } from '../ports.ts';
import { proofOfVoid, type SettlementProofPorts } from './rules/settlementProof.ts';

export interface VoidSettlementsDeps extends SettlementProofPorts {
  readonly queries: Pick<Queries, 'openSettlements'>;
  readonly store: Pick<TransitionStore, 'tail' | 'claimant'>;
  readonly coordinator: PaymentCoordinator;
  readonly logger: Logger;
}

/** Frees the money of prepared settlements that were never broadcast in time, each with its proof; says how many. */
export function createVoidSettlements(deps: VoidSettlementsDeps) {
  async function voidOne(paymentId: string): Promise<boolean> {
    const state = (await deps.store.tail(paymentId))?.state;
    if (state?.direction !== 'in' || state.settlement === null) return false;
    const proof = await proofOfVoid(deps, state);
    if (proof === null) return false;
    const signal = { kind: 'settlementVoided', digest: state.settlement.digest, proof } as const;
    const observation = await deps.coordinator.observe(paymentId, signal, { actor: 'deadline' });
    return observation.outcome === 'changed';
  }

  return async function voidSettlements(limit: number): Promise<number> {
    let count = 0;
    for (const paymentId of await deps.queries.openSettlements(limit)) {
      try {
        if (await voidOne(paymentId)) count += 1;
      } catch (error) {
        deps.logger.warn({ paymentId, error }, 'a prepared settlement could not be looked at');
      }
    }
    return count;
  };
}
