import { concat, recoverAddress, Signature, toBeHex } from 'ethers';
import type { SettlementSignature } from '../../domain/state.ts';
import type { Network } from '../../ports/outside.ts';

// r, s and v as wallets return them; 64-byte compact ones are told apart by their length and not accepted from outside.
const walletSignature = /^0x[0-9a-fA-F]{130}$/;

/** Reads a wallet's signature; null for a malformed one and for the malleable twin with the larger s (EIP-2). */
function readSignature(text: string): Signature | null {
  if (!walletSignature.test(text)) return null;
  try {
    const signature = Signature.from(text);
    return signature.isValid() ? signature : null;
  } catch {
    return null;
  }
}

/** The seat and address of the signer of `digest`; null when it is none of the network's signers. */
export function recoverSeat(
  network: Network,
  digest: string,
  text: string,
): { readonly index: number; readonly signer: string } | null {
  const signature = readSignature(text);
  if (signature === null) return null;
  try {
    const signer = recoverAddress(digest, signature).toLowerCase();
    const index = network.signers.indexOf(signer);
    return index < 0 ? null : { index, signer };
  } catch {
    // Bytes in the form of a signature that belong to no key.
    return null;
  }
}

/**
 * The signature set of a settlement as the contract reads it: tag and compact signature (EIP-2098), tags rising, exactly as
 * many as it asks for, because every further one only costs gas.
 */
export function encodeSignatures(network: Network, signatures: readonly SettlementSignature[]): string {
  const bySeat = new Map(signatures.map((entry) => [entry.index, entry]));
  const chosen = [...bySeat.values()].sort((a, b) => a.index - b.index).slice(0, network.threshold);
  if (chosen.length < network.threshold) {
    throw new RangeError(`a settlement needs ${network.threshold} signatures, ${chosen.length} are given`);
  }
  return concat(
    chosen.flatMap(({ index, signature }) => [toBeHex(index, 1), Signature.from(signature).compactSerialized]),
  );
}
