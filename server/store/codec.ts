import { hash } from 'node:crypto';
import { Binary, Decimal128 } from 'mongodb';

/** Decimal128 holds 34 digits exactly; it would round longer ones, or write them with an exponent. */
const exactBound = 10n ** 34n;

const isPlain = (value: object) => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

function mapEntries(value: object, change: (entry: unknown) => unknown): object {
  const mapped: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const entry: unknown = Reflect.get(value, key);
    if (entry === undefined) continue;
    // A plain assignment to this one name would set the prototype.
    if (key === '__proto__') Object.defineProperty(mapped, key, { ...ownEntry, value: change(entry) });
    else mapped[key] = change(entry);
  }
  return mapped;
}
const ownEntry = { enumerable: true, configurable: true, writable: true };

/** Where the exponent stands in the upper half of a Decimal128, and what says "times 10^0" there; above it is the sign. */
const exponentAt = 49n;
const wholeExponent = 6_176n << exponentAt;
const negativeSign = 1n << 63n;
const lowerHalf = (1n << 64n) - 1n;

/** The bytes that `Decimal128.fromString` makes of a whole number, ten times as fast: the number itself, and the exponent beside it. */
function exactly(value: bigint): Decimal128 {
  if (value >= exactBound || value <= -exactBound) throw new RangeError(`${value} has more than 34 digits`);
  const bytes = Buffer.allocUnsafe(16);
  const size = value < 0n ? -value : value;
  bytes.writeBigUInt64LE(size & lowerHalf, 0);
  bytes.writeBigUInt64LE((size >> 64n) | wholeExponent | (value < 0n ? negativeSign : 0n), 8);
  return new Decimal128(bytes);
}

/** The number that `exactly` was given. */
function whole(stored: Decimal128): bigint {
  const { bytes } = stored;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const upper = view.getBigUint64(8, true);
  const size = ((upper & ~negativeSign) ^ wholeExponent) << 64n;
  // Any other exponent leaves bits above the 113 that a number takes.
  if (size >> 113n !== 0n) return BigInt(stored.toString());
  const number = size | view.getBigUint64(0, true);
  return upper & negativeSign ? -number : number;
}

/** What the database stores for a value: bigint as Decimal128, plain objects and lists entry by entry, `undefined` left out. */
export function encode(value: unknown): unknown {
  if (typeof value === 'bigint') return exactly(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(encode);
  return isPlain(value) ? mapEntries(value, encode) : value;
}

/** The value that `encode` was given. */
export function decode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(decode);
  if (value instanceof Decimal128) return whole(value);
  if (value instanceof Binary) return Buffer.from(value.buffer.subarray(0, value.position));
  return isPlain(value) ? mapEntries(value, decode) : value;
}

/** One spelling for one value, whatever the order of its keys: the text that is hashed. */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return `{"$integer":"${value}"}`;
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be hashed`);
      return String(value);
    case 'object':
      return value === null ? 'null' : canonicalObject(value);
    case 'string':
      return quoted(value);
    default:
      return JSON.stringify(value) ?? 'null';
  }
}

/** A text that JSON writes as it is, between quotation marks. */
const needsNoEscape = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const quoted = (text: string): string => (needsNoEscape.test(text) ? `"${text}"` : JSON.stringify(text));

/** The texts of what was hashed: a state is hashed alone and then again within its step. What is hashed never changes afterwards. */
const texts = new WeakMap<object, string>();

function canonicalObject(value: object): string {
  const known = texts.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) return `[${value.map((entry) => canonical(entry ?? null)).join(',')}]`;
  if (value instanceof Date) return `{"$date":${value.getTime()}}`;
  if (value instanceof Uint8Array) return `{"$bytes":"${Buffer.from(value).toString('base64')}"}`;
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const entry: unknown = Reflect.get(value, key);
    if (entry === undefined) continue;
    text += `${text === '' ? '{' : ','}${quoted(key)}:${canonical(entry)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** sha256 of the canonical text, as hex; links the steps of a payment's history. */
export function digest(value: unknown): string {
  const text = canonical(value);
  if (typeof value === 'object' && value !== null) texts.set(value, text);
  return hash('sha256', text, 'hex');
}
