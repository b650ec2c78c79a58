import type { PaymentState } from '../../domain/state.ts';
import type { EscrowGateway } from '../../ports/outside.ts';

/**
 * Proof that the open settlement can no longer happen: its time is over at the finalized block and its sequence is unused there. A used
 * sequence or a closed record is no proof, since it may be this very settlement; the contract's own events decide those (design §3).
 */
export async function proofOfVoid(gateway: EscrowGateway, state: PaymentState): Promise<string | null> {
  const open = state.settlement;
  if (open === null) return null;
  const record = await gateway.finalRecord(state.asset.network, state.termsId);
  const over = record.blockTimeMs > open.validUntil * 1000;
  const unused = record.settleSeq === open.settleSeq && record.status !== 'closed';
  if (!over || !unused) return null;
  return `seq ${open.settleSeq} unused at the finalized block of ${new Date(record.blockTimeMs).toISOString()}, after validUntil`;
}
