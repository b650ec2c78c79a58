import { AbiCoder, keccak256, toBeHex } from 'ethers';
import type { Terms } from './escrowTerms.ts';
import type { EscrowWorld } from './escrowWorld.ts';

// The mapping of records is the contract's second slot, after the configuration.
const RECORDS = 1;
const SEQ_SHIFT = 8n;
const SEQ_MASK = 0xffffn << SEQ_SHIFT;

/** Where the escrow stores the record of a payment. */
export function recordSlot(id: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256'], [id, RECORDS]));
}

/** Sets the seq of a payment by hand: nobody could afford the settlements that lead to its end. */
export async function setSeq(world: EscrowWorld, terms: Terms, seq: bigint): Promise<void> {
  const slot = recordSlot(world.idOf(terms));
  const record = BigInt(await world.chain.storageAt(world.escrow.address, slot)) & ~SEQ_MASK;
  await world.chain.setStorageAt(world.escrow.address, slot, toBeHex(record | (seq << SEQ_SHIFT), 32));
}
