import { keccak256, toUtf8Bytes } from 'ethers';
import type { ReadyTransaction, SafeFile } from '../../ports/outside.ts';

/** The version of the file's layout, the only one that Safe's Transaction Builder has had. */
const layout = '1.0';
/** The builder whose files these are like; it shows the number and does not compare it. */
const builderVersion = '1.18.0';

/** The builder's own way to write a value down before it hashes it: keys sorted and listed ahead of their values. */
function serialize(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(serialize).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const values = entries.map(([, entry]) => `${serialize(entry)},`).join('');
  return `{${JSON.stringify(entries.map(([key]) => key))}${values}}`;
}

/** A transaction as a file for Safe's Transaction Builder, with the checksum by which it sees that nobody changed the file. */
export function safeFileOf(
  { to, value, data, chainId }: ReadyTransaction,
  about: { readonly name: string; readonly description: string; readonly createdAtMs: number },
): SafeFile {
  const { name, description, createdAtMs: createdAt } = about;
  const meta = {
    ...{ name, description, txBuilderVersion: builderVersion },
    ...{ createdFromSafeAddress: '', createdFromOwnerAddress: '' },
  };
  const transactions = [{ to, value, data, contractMethod: null, contractInputsValues: null }];
  const file = { version: layout, chainId: String(chainId), createdAt, meta, transactions } as const;
  // The builder leaves the name out of the sum, so that a file may be renamed.
  const checksum = keccak256(toUtf8Bytes(serialize({ ...file, meta: { ...meta, name: null } })));
  return { ...file, meta: { ...meta, checksum } };
}
