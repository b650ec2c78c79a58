import { claim } from '../../domain/claim.ts';
import type { PaymentState } from '../../domain/state.ts';
import type { EscrowGateway } from '../../ports/outside.ts';
import type { TransitionStore } from '../../ports.ts';

export interface SettlementProofPorts {
  readonly gateway: Pick<EscrowGateway, 'finalRecord'>;
  readonly store: Pick<TransitionStore, 'claimant'>;
}

/** Whether the books hold what the contract did with a sequence of a payment; it is then used up, whatever a lagging node says. */
export async function isOutcomeBooked(
  { store }: Pick<SettlementProofPorts, 'store'>,
  { asset, termsId }: PaymentState,
  settleSeq: number,
): Promise<boolean> {
  return (await store.claimant(claim.outcome(asset.chainId, termsId, settleSeq))) !== null;
}

/**
 * Proof that the open settlement can no longer happen: its time is over at the finalized block, and there its sequence is unused, or not even
 * reached, or used by an outcome that is booked. A used sequence that is not booked or a closed record is no proof, since it may be this very
 * settlement; the contract's own events decide those.
 */
export async function proofOfVoid(ports: SettlementProofPorts, state: PaymentState): Promise<string | null> {
  const open = state.settlement;
  if (open === null) return null;
  const record = await ports.gateway.finalRecord(state.asset.network, state.termsId);
  if (record.blockTimeMs <= open.validUntil * 1000) return null;
  const proof = (what: string) =>
    `seq ${open.settleSeq} ${what} at the finalized block of ${new Date(record.blockTimeMs).toISOString()}, after validUntil`;
  if (record.settleSeq < open.settleSeq) return proof('not reached');
  if (record.settleSeq === open.settleSeq) return record.status === 'closed' ? null : proof('unused');
  return (await isOutcomeBooked(ports, state, open.settleSeq)) ? proof('used by a booked outcome') : null;
}
