import type { SettlementSignature } from '../../domain/state.ts';
import { AppError } from '../../errors.ts';
import type { EscrowGateway } from '../../ports/outside.ts';

/** A signature as clients send it; `{signer, data}` is meant for contracts that sign (ERC-1271). */
export type SignatureWords = string | { readonly signer: string; readonly data: string };

/** Recovers who signed; nothing is taken when one signature is wrong, repeats are dropped. */
export function readSignatures(
  gateway: EscrowGateway,
  network: string,
  digest: string,
  given: readonly SignatureWords[],
): SettlementSignature[] {
  const bySeat = new Map<number, SettlementSignature>();
  for (const signature of given) {
    if (typeof signature !== 'string') {
      throw new AppError('validation_failed', 'This version of the escrow contract takes no signatures of contracts.', {
        details: { field: 'signatures' },
      });
    }
    const seat = gateway.recoverSigner(network, digest, signature);
    if (seat === null) {
      throw new AppError(
        'unknown_signer',
        'A signature is not of one of the escrow contract’s signers over this payload.',
      );
    }
    bySeat.set(seat.index, { ...seat, signature });
  }
  return [...bySeat.values()];
}
