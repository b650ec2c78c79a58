import { concat, dataLength, recoverAddress, Signature, toBeHex } from 'ethers';
import type { SettlementSignature } from '../../domain/state.ts';
import type { Network } from '../../ports/outside.ts';

// r, s and v as wallets return them; 64-byte compact ones are told apart by their length and not accepted from outside.
const walletSignature = /^0x[0-9a-fA-F]{130}$/;
// The bit of a tag that says "a contract signs, by ERC-1271" (docs/contract/overview.md, signature sets).
const contractTag = 0x80;
const lengthBytes = 2;

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

/** Who signed `digest`, lower-case; null when nobody did. */
function recover(digest: string, text: string): string | null {
  const signature = readSignature(text);
  if (signature === null) return null;
  try {
    return recoverAddress(digest, signature).toLowerCase();
  } catch {
    // Bytes in the form of a signature that belong to no key.
    return null;
  }
}

/** The seat and address of the signer of `digest`; null when it is none of the network's signers. */
export function recoverSeat(
  network: Network,
  digest: string,
  text: string,
): { readonly index: number; readonly signer: string } | null {
  const signer = recover(digest, text);
  const index = signer === null ? -1 : network.signers.indexOf(signer);
  return signer === null || index < 0 ? null : { index, signer };
}

/** Whether the seat's own key signed; whatever is no signature of that key was given by the contract in the seat. */
const isOfKey = (digest: string, { signer, signature }: SettlementSignature) => recover(digest, signature) === signer;

/** A key's signature is written compactly (EIP-2098), a contract's bytes as they are. */
function encodeItem(digest: string, entry: SettlementSignature): string {
  const { index, signature } = entry;
  if (isOfKey(digest, entry)) {
    return concat([toBeHex(index, 1), Signature.from(signature).compactSerialized]);
  }
  return concat([toBeHex(contractTag | index, 1), toBeHex(dataLength(signature), lengthBytes), signature]);
}

/**
 * The signature set over `digest` as the contract reads it: items with rising tags, exactly as many as it asks for, because every further one
 * only costs gas. Keys come before contracts, whose word may be another when the transaction is mined, and costs more gas. No signature at all is the set of a lone signer who sends the transaction himself, which a threshold of 1 allows.
 */
export function encodeSignatures(network: Network, digest: string, signatures: readonly SettlementSignature[]): string {
  if (network.threshold === 1 && signatures.length === 0) return '0x';
  const bySeat = new Map(signatures.map((entry) => [entry.index, entry]));
  const ofContract = (entry: SettlementSignature) => Number(!isOfKey(digest, entry));
  const chosen = [...bySeat.values()]
    .sort((a, b) => ofContract(a) - ofContract(b) || a.index - b.index)
    .slice(0, network.threshold)
    .sort((a, b) => a.index - b.index);
  if (chosen.length < network.threshold) {
    throw new RangeError(`a settlement needs ${network.threshold} signatures, ${chosen.length} are given`);
  }
  return concat(chosen.map((entry) => encodeItem(digest, entry)));
}
