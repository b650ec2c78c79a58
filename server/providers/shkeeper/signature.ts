import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';

/** The server's own verifier takes 300 s either way. */
const windowSeconds = 300;
const timestampPattern = /^\d{1,12}$/;
const signaturePattern = /^[0-9a-f]{64}$/;

/** What stands in for servers before v2.5.16 and for the seed's form; `off` unless an operator decides otherwise. */
export type LegacySignature = 'off' | 'header' | 'body';

/** A delivery as it arrived: header values as Node gives them (a doubled header is joined with a comma and thereby refused). */
export interface SignedDelivery {
  readonly timestamp: string | readonly string[] | undefined;
  readonly signature: string | readonly string[] | undefined;
  readonly apiKeyHeader?: string | readonly string[] | undefined;
  /** Null while the body is not read yet; the best verdict is then `signature_mismatch`. */
  readonly rawBody: Buffer | null;
  readonly keys: readonly string[];
  readonly nowMs: number;
  readonly legacy: LegacySignature;
}

export type SignatureScheme = 'timestamped' | 'header' | 'body';
export type SignatureRefusal =
  | 'no_keys'
  | 'timestamp_missing'
  | 'timestamp_malformed'
  | 'timestamp_outside_window'
  | 'signature_missing'
  | 'signature_malformed'
  | 'signature_mismatch'
  | 'api_key_mismatch';
export type SignatureVerdict =
  | { readonly ok: true; readonly scheme: SignatureScheme }
  | { readonly ok: false; readonly reason: SignatureRefusal };

const refuse = (reason: SignatureRefusal): SignatureVerdict => ({ ok: false, reason });

/** The few configured keys, prepared once each. */
const prepared = new Map<string, KeyObject>();
const maxPrepared = 100;
function keyObjectOf(key: string): KeyObject {
  const known = prepared.get(key);
  if (known !== undefined) return known;
  const made = createSecretKey(key, 'utf8');
  if (prepared.size < maxPrepared) prepared.set(key, made);
  return made;
}

const digestOf = (key: string, parts: readonly (string | Buffer)[]): Buffer => {
  const hmac = createHmac('sha256', keyObjectOf(key));
  for (const part of parts) hmac.update(part);
  return hmac.digest();
};

/** Signs the raw bytes as SHKeeper does: HMAC-SHA256 in lower-case hex over `<unix seconds>.<body>`. */
export function signBody(key: string, timestampSeconds: number, rawBody: Buffer): string {
  return digestOf(key, [`${timestampSeconds}.`, rawBody]).toString('hex');
}

/** Looks at every key even after a match, so that time tells nothing about which key is in use. */
function matchesAny(keys: readonly string[], given: Buffer, expected: (key: string) => Buffer): boolean {
  let matches = 0;
  for (const key of keys) matches |= timingSafeEqual(expected(key), given) ? 1 : 0;
  return matches === 1;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

function verifyApiKeyHeader(delivery: SignedDelivery, keys: readonly string[]): SignatureVerdict {
  if (typeof delivery.apiKeyHeader !== 'string') return refuse('api_key_mismatch');
  const matches = matchesAny(keys, sha256(delivery.apiKeyHeader), sha256);
  return matches ? { ok: true, scheme: 'header' } : refuse('api_key_mismatch');
}

function verifyTimestamped(delivery: SignedDelivery, keys: readonly string[], given: Buffer): SignatureVerdict {
  const { timestamp, rawBody, nowMs } = delivery;
  if (timestamp === undefined) return refuse('timestamp_missing');
  if (typeof timestamp !== 'string' || !timestampPattern.test(timestamp)) return refuse('timestamp_malformed');
  const distanceSeconds = Math.abs(Math.floor(nowMs / 1000) - Number(timestamp));
  if (distanceSeconds > windowSeconds) return refuse('timestamp_outside_window');
  const matches = rawBody !== null && matchesAny(keys, given, (key) => digestOf(key, [`${timestamp}.`, rawBody]));
  return matches ? { ok: true, scheme: 'timestamped' } : refuse('signature_mismatch');
}

/** Decides whether a delivery comes from a holder of one of the keys; pure. */
export function verifySignature(delivery: SignedDelivery): SignatureVerdict {
  // An empty key would let anybody sign.
  const keys = delivery.keys.filter((key) => key.length > 0);
  if (keys.length === 0) return refuse('no_keys');
  const { signature, timestamp, legacy } = delivery;
  const unsigned = signature === undefined && timestamp === undefined;
  if (legacy === 'header' && unsigned) return verifyApiKeyHeader(delivery, keys);
  if (signature === undefined) return refuse('signature_missing');
  if (typeof signature !== 'string') return refuse('signature_malformed');
  const hex = signature.trim().toLowerCase();
  if (!signaturePattern.test(hex)) return refuse('signature_malformed');
  const given = Buffer.from(hex, 'hex');
  const verdict = verifyTimestamped(delivery, keys, given);
  const { rawBody } = delivery;
  if (verdict.ok || legacy !== 'body' || rawBody === null) return verdict;
  const matchesBody = matchesAny(keys, given, (key) => digestOf(key, [rawBody]));
  return matchesBody ? { ok: true, scheme: 'body' } : verdict;
}
