import { keccak256, toUtf8Bytes } from 'ethers';
import type { Terms } from '../../domain/terms.ts';

/** The Terms of contracts/EscrowMessages.sol, in its order; every field is one word, which is what makes the quick way possible. */
const fields = [
  ['buyer', 'address'],
  ['seller', 'address'],
  ['token', 'address'],
  ['amount', 96],
  ['fundBy', 40],
  ['deliverBy', 40],
  ['inspection', 32],
  ['feeBps', 16],
  ['disputeSellerBps', 16],
  ['milestonesHash', 'bytes32'],
  ['refundTo', 'address'],
  ['ref', 'bytes32'],
] as const;
const typeName = (kind: (typeof fields)[number][1]) => (typeof kind === 'number' ? `uint${kind}` : kind);
const typeText = `Terms(${fields.map(([name, kind]) => `${typeName(kind)} ${name}`).join(',')})`;
const typeHash = keccak256(toUtf8Bytes(typeText)).slice(2);

const patterns = { address: /^0x[0-9a-f]{40}$/, bytes32: /^0x[0-9a-f]{64}$/ } as const;

/** A field as 64 hex digits, or null when it is not written as ours are: lower-case hex, whole numbers within their bounds. */
function wordOf(value: string | number | bigint, kind: (typeof fields)[number][1]): string | null {
  if (typeof kind === 'number') {
    if (typeof value === 'string' || (typeof value === 'number' && !Number.isSafeInteger(value))) return null;
    const number = BigInt(value);
    return number < 0n || number >> BigInt(kind) !== 0n ? null : number.toString(16).padStart(64, '0');
  }
  if (typeof value !== 'string' || !patterns[kind].test(value)) return null;
  return value.slice(2).padStart(64, '0');
}

/**
 * The EIP-712 digest of terms under a domain separator, a tenth of the time that a general encoder takes: opening an intent costs nothing
 * as much as this. Null when the terms are not written as ours are; the general encoder then says what is wrong with them.
 */
export function hashTerms(domainSeparator: string, terms: Terms): string | null {
  let words = '';
  for (const [name, kind] of fields) {
    const word = wordOf(terms[name], kind);
    if (word === null) return null;
    words += word;
  }
  const structHash = keccak256(`0x${typeHash}${words}`);
  return keccak256(`0x1901${domainSeparator.slice(2)}${structHash.slice(2)}`);
}
