import { type BaseWallet, concat, dataLength, Signature, toBeHex } from 'ethers';

/** A signature item by a key: its tag, and whose key signs it. */
export type Item = readonly [tag: number, key: BaseWallet];

/** Any signature item. A key gives a compact signature; bytes are handed to the account by ERC-1271, under the tag + 0x80. */
export type SignatureItem = readonly [tag: number, by: BaseWallet | string];

/** Set in a tag whose item is verified by ERC-1271. */
export const BY_CONTRACT = 0x80;
// An ERC-1271 item carries its length in two bytes.
const LENGTH_BYTES = 2;

/** One signature set: items without count and without padding, in the order given. */
export function signItems(digest: string, items: readonly SignatureItem[]): string {
  return concat(items.map(([tag, by]) => (typeof by === 'string' ? contractItem(tag, by) : keyItem(tag, by, digest))));
}

/** The signature of a key in the 65 bytes (r, s, v) that wallets, Permit2 and the tests' ERC-1271 wallet use. */
export function wholeSignature(digest: string, by: BaseWallet): string {
  return by.signingKey.sign(digest).serialized;
}

function keyItem(tag: number, by: BaseWallet, digest: string): string {
  return concat([toBeHex(tag, 1), Signature.from(by.signingKey.sign(digest)).compactSerialized]);
}

function contractItem(tag: number, bytes: string): string {
  return concat([toBeHex(tag | BY_CONTRACT, 1), toBeHex(dataLength(bytes), LENGTH_BYTES), bytes]);
}
