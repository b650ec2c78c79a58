import { createHash } from 'node:crypto';

/** Names of fields that may hold a secret, a signature or what somebody sent as it was. */
const hidden = /secret|password|authorization|cookie|signature|api-?_?key|private|raw|header|bearer|jwt|seed|mnemonic/i;
const longestText = 2_000;
const longestList = 200;

const printOf = (bytes: Uint8Array | string) => ({
  redacted: true,
  bytes: Buffer.byteLength(bytes),
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

/** A copy for people's eyes: amounts as texts, long lists and texts cut, and of what is hidden no more than its size and hash. */
export function redact(value: unknown, name = ''): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return printOf(value);
  if (hidden.test(name) && typeof value !== 'boolean') return printOf(JSON.stringify(value, bigints) ?? '');
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string')
    return value.length > longestText ? `${value.slice(0, longestText)}… (${value.length} characters)` : value;
  if (Array.isArray(value)) return value.slice(-longestList).map((entry) => redact(entry));
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, redact(entry, key)]));
  return value;
}

const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

/** What may be shown of a raw body: its size and its hash. */
export const bodyPrint = (body: string) => {
  const { bytes, sha256 } = printOf(body);
  return { bytes, sha256 };
};
