import { createHash } from 'node:crypto';
import { Binary, Decimal128 } from 'mongodb';

/** Decimal128 holds 34 digits exactly; it would round longer ones, or write them with an exponent. */
const exactBound = 10n ** 34n;

const isPlain = (value: object) => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

const mapEntries = (value: object, change: (entry: unknown) => unknown) =>
  Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .map(([key, entry]) => [key, change(entry)]),
  );

function exactly(value: bigint): Decimal128 {
  if (value >= exactBound || value <= -exactBound) throw new RangeError(`${value} has more than 34 digits`);
  return Decimal128.fromString(value.toString());
}

/** What the database stores for a value: bigint as Decimal128, plain objects and lists entry by entry, `undefined` left out. */
export function encode(value: unknown): unknown {
  if (typeof value === 'bigint') return exactly(value);
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value === 'object' && value !== null && isPlain(value)) return mapEntries(value, encode);
  return value;
}

/** The value that `encode` was given. */
export function decode(value: unknown): unknown {
  if (value instanceof Decimal128) return BigInt(value.toString());
  if (value instanceof Binary) return Buffer.from(value.buffer.subarray(0, value.position));
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value === 'object' && value !== null && isPlain(value)) return mapEntries(value, decode);
  return value;
}

/** One spelling for one value, whatever the order of its keys: the text that is hashed. */
export function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `{"$integer":"${value}"}`;
  if (value instanceof Date) return `{"$date":${value.getTime()}}`;
  if (value instanceof Uint8Array) return `{"$bytes":"${Buffer.from(value).toString('base64')}"}`;
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} cannot be hashed`);
  if (Array.isArray(value)) return `[${value.map((entry) => canonical(entry ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** sha256 of the canonical text, as hex; links the steps of a payment's history. */
export function digest(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}
